// One model: how good it is, what it is made of, where it came from, and what it says of something new.
import { useState } from 'preact/hooks';
import type { AnyModel, Model } from '../../../contract/model.js';
import { shortId } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { Action } from '../../parts/action.js';
import { CopyAs } from '../../parts/copy.js';
import { FileRows } from '../../parts/file-rows.js';
import { Loaded } from '../../parts/loaded.js';
import { FailureBox } from '../../parts/problem.js';
import { Status } from '../../parts/status.js';
import { Title } from '../../parts/title.js';
import { go, href } from '../../route.js';
import { client, mayAct } from '../../session.js';
import { Layers } from './layers.js';
import { LineagePanel } from './lineage-panel.js';
import { Overview } from './overview.js';
import { TryIt } from './try/try-it.js';

const LOOK_EVERY_MS = 2_000;
const PARTS = { overview: 'Overview', try: 'Try it', layers: 'Layers', lineage: 'Lineage', files: 'Files' } as const;
type Part = keyof typeof PARTS;

export function ModelPage({ id, part = 'overview' }: { id: string; part: string | undefined }) {
  const live = useLive(`model ${id}`, (signal) => client.value.models.get(id, { signal }), LOOK_EVERY_MS);
  const [isKeeping, setKeeping] = useState(false);
  return (
    <Loaded live={live}>
      {(model) => (
        <>
          <Title text={model.name ?? `Model ${shortId(id)}`}>
            {model.status === 'ready' && typeof model.version === 'number' && <span class="tag">version {model.version}</span>}
            <Status of={model.status} />
            <CopyAs request={{ method: 'GET', path: `/v1/models/${id}`, call: `models.get('${id}')`, command: `models show ${id}` }} />
            {mayAct.value && model.status === 'ready' && <a class="button primary" href={href(['jobs', 'new'], { type: 'fine_tune', base_model: id })}>Fine-tune it</a>}
            <Action label="Delete" kind="danger" act={async () => { await client.value.models.delete(model.id, { descendants: isKeeping ? 'keep' : 'refuse' }); go(href(['models'])); }} done="The model was deleted." question={<Question model={model} isKeeping={isKeeping} onKeep={setKeeping} />} />
          </Title>
          {model.status === 'importing' && <p class="box" role="status">The service is reading its files. What they are comes up here by itself.</p>}
          {model.status === 'invalid' && model.error !== null && <FailureBox of={model.error} />}
          {model.status === 'ready' && (
            <>
              <nav class="tabs" aria-label="Of this model">
                {Object.entries(PARTS).map(([name, title]) => <a key={name} href={href(['models', id, name])} aria-current={part === name ? 'page' : undefined}>{title}</a>)}
              </nav>
              <PartOf model={model} part={part as Part} onChange={live.again} />
            </>
          )}
        </>
      )}
    </Loaded>
  );
}

/** What goes with it, and what keeps it from going. */
const Question = ({ model: { id, name }, isKeeping, onKeep }: { model: AnyModel; isKeeping: boolean; onKeep: (keep: boolean) => void }) => (
  <>
    <p>The model <strong>{name ?? id}</strong> goes, with its files; the job that made it stays. While an unfinished job needs it, or where other models came of it, it cannot be deleted.</p>
    <label class="inline"><input type="checkbox" checked={isKeeping} onChange={(event) => onKeep(event.currentTarget.checked)} /> Delete it though others came of it: they stay, and their lineage goes on naming it</label>
  </>
);

function PartOf({ model, part, onChange }: { model: Model; part: Part; onChange: () => void }) {
  if (part === 'try') return <TryIt model={model} />;
  if (part === 'layers') return <Layers model={model} />;
  if (part === 'lineage') return <LineagePanel id={model.id} />;
  if (part === 'files') return <FileRows files={model.files} fetch={(name) => client.value.models.file(model.id, name)} />;
  return <Overview model={model} onChange={onChange} />;
}
