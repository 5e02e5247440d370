// What a model was made by: a job, an import, the catalogue.
import type { AnyModel } from '../../../contract/model.js';
import { shortId, words } from '../../format.js';
import { href } from '../../route.js';

export function MadeBy({ of: model }: { of: AnyModel }) {
  const { source } = model;
  if (source.kind === 'import') return <>{source.catalogue === undefined ? `import${source.format === null ? '' : ` of ${words(source.format)}`}` : `catalogue: ${source.catalogue}`}</>;
  if (model.status !== 'ready' || model.job === null) return <>a job</>;
  return <><a href={href(['jobs', model.job])}>{shortId(model.job)}</a>{model.base_model !== null && <div class="quiet">fine-tuned</div>}</>;
}
