// All versions of the name of a model, newest first.
import { shortId } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs, quoted } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { href } from '../../route.js';
import { client } from '../../session.js';

const LOOK_EVERY_MS = 5_000;
const SHOWN = 20;

export function Versions({ name, of: shown }: { name: string; of: string }) {
  const live = useLive(`versions ${name}`, (signal) => client.value.models.versions(name, { limit: SHOWN }, { signal }).page(), LOOK_EVERY_MS);
  return (
    <section class="panel">
      <div class="head"><h2>Versions</h2><CopyAs request={{ method: 'GET', path: `/v1/models/versions?${new URLSearchParams({ name }).toString()}`, call: `models.versions(${JSON.stringify(name)}).page()`, command: `models versions ${quoted(name)}` }} /></div>
      <Loaded live={live}>
        {({ data, has_more: hasMore }) => (
          <>
            <Table label={`Versions of ${name}`} titles={['#Version', 'Model', 'Stage', 'Given']}>
              {data.map(({ id, version, model, deleted, stage, aliases, created_at: given }) => (
                <tr key={id} aria-current={model === shown ? 'true' : undefined}>
                  <td class="number">{version}</td>
                  <td>{deleted ? <span class="quiet" title={model}>deleted</span> : model === shown ? 'this one' : <a href={href(['models', model])} title={model}>{shortId(model)}</a>} {aliases.map((alias) => <span key={alias} class="tag">{alias}</span>)}</td>
                  <td>{stage !== null && stage !== 'none' && stage}</td>
                  <td><When at={given} /></td>
                </tr>
              ))}
            </Table>
            {hasMore && <p class="quiet">There are more: the newest {SHOWN} are shown.</p>}
          </>
        )}
      </Loaded>
    </section>
  );
}
