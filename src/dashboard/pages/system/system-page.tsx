// The service itself: who works, on what, with which engine, and what somebody should look at.
import type { System, WorkerStatus } from '../../../contract/system.js';
import { bytes, duration, shortId, some, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs, CopyButton } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';
import { Loaded } from '../../parts/loaded.js';
import { Title } from '../../parts/title.js';
import { When } from '../../parts/when.js';
import { href } from '../../route.js';
import { client, serviceUrl } from '../../session.js';

const LOOK_EVERY_MS = 3_000;

export function SystemPage() {
  const live = useLive('system', (signal) => client.value.system.get({ signal }), LOOK_EVERY_MS);
  return (
    <>
      <Title text="System"><CopyAs request={{ method: 'GET', path: '/v1/system', call: 'system.get()' }} /></Title>
      <Loaded live={live}>
        {(system) => (
          <>
            {system.warnings.length > 0 && <div class="box warn"><ul>{system.warnings.map((text) => <li key={text}>{text}</li>)}</ul></div>}
            <Facts
              rows={[
                ['Version', system.version],
                ['Node.js', system.node],
                ['Access', system.access === 'open' ? 'open: no key is asked for' : 'by key'],
                ['Queue', system.queue.status === 'ok' ? <span key="queue">{system.queue.server ?? 'answers'}</span> : <span key="queue" class="bad">does not answer</span>],
                ['Waiting', system.queue.waiting === null ? 'not known' : some(system.queue.waiting, 'job')],
                ['In work', system.queue.active === null ? 'not known' : some(system.queue.active, 'job')],
              ]}
            />
            <div class="panel"><h2>Workers</h2>{system.workers.length === 0 ? <p class="empty">No worker is running: jobs wait. <code>node dist/workers/train-worker.js</code> starts one.</p> : <Workers of={system.workers} />}</div>
            <div class="panel"><h2>Kept for how long</h2><Kept of={system.retention} /></div>
            <Wall />
          </>
        )}
      </Loaded>
    </>
  );
}

function Workers({ of: workers }: { of: readonly WorkerStatus[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Workers">
      <table>
        <thead><tr><th>Worker</th><th>Engine</th><th>Device</th><th>Since</th><th>Seen</th><th>In work</th></tr></thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.id}>
              <td><code>{worker.id}</code>{worker.problem !== null && <div class="bad">{worker.problem}</div>}</td>
              <td>{worker.engine ? `${worker.engine.name} ${worker.engine.version}` : 'not known yet'}</td>
              <td>{worker.engine?.device ?? ''}</td>
              <td><When at={worker.started_at} /></td>
              <td><When at={worker.seen_at} /></td>
              <td>{worker.running.length === 0 ? <span class="quiet">nothing</span> : worker.running.map((id) => <Work key={id} id={id} of={worker} />)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ROOMS: Readonly<Record<string, string>> = { job: 'jobs', ds: 'datasets', mdl: 'models', model: 'models' };

function Work({ id, of: { children = [] } }: { id: string; of: WorkerStatus }) {
  const child = children.find((one) => one.id === id);
  const room = ROOMS[id.split('_', 1)[0]!];
  return (
    <div>
      {room === undefined ? shortId(id) : <a href={href([room, id])}>{shortId(id)}</a>}
      {child && <span class="quiet"> {child.task}{child.resident_bytes === null ? '' : `, ${bytes(child.resident_bytes)}`}{child.epoch_seconds === null ? '' : `, ${duration(child.epoch_seconds)} an epoch`}</span>}
    </div>
  );
}

function Kept({ of: retention }: { of: System['retention'] }) {
  return <Facts rows={Object.entries(retention).map(([what, { days, count, bytes: most }]) => [words(what), [days !== null && some(days, 'day'), count !== null && `${count} of them`, most !== null && bytes(most)].filter(Boolean).join(', ') || 'for ever'] as const)} />;
}

/** A link that shows and does nothing else. The key in it is the owner's to put there. */
function Wall() {
  const link = `${serviceUrl}/${href(['jobs'], { wall: '1' })}`;
  return (
    <div class="panel">
      <h2>For a wall screen</h2>
      <p>This link shows the jobs without any button. Where the service asks for a key, add <code>&amp;key=</code> and the READ_ONLY_KEY: it stays in the browser, and is never sent in an address.</p>
      <p><code>{link}</code> <CopyButton text={link} /></p>
    </div>
  );
}
