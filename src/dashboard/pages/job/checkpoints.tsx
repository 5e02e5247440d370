// Checkpoints that are kept: what each is worth, and what can be done with it.
import type { Job } from '../../../contract/job.js';
import { isTerminal } from '../../../contract/job-states.js';
import { bytes, metric, whole, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyButton } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { When } from '../../parts/when.js';
import { href } from '../../route.js';
import { client, mayAct } from '../../session.js';

export function Checkpoints({ job: { id, status, spec } }: { job: Job }) {
  const live = useLive(`checkpoints ${id}`, (signal) => client.value.jobs.checkpoints(id, { signal }), isTerminal(status) ? undefined : 3_000);
  return (
    <Loaded live={live}>
      {(checkpoints) =>
        checkpoints.length === 0 ? <p class="empty">No checkpoint is kept. They are written while a job trains, and some time after.</p> : (
          <div class="scroll" tabIndex={0} role="region" aria-label="Checkpoints">
            <table>
              <thead><tr><th>Name</th><th>Run</th><th class="number">Epoch</th><th class="number">Step</th><th>Metrics</th><th class="number">Size</th><th>Written</th><th>Digest</th><th><span class="only-heard">Actions</span></th></tr></thead>
              <tbody>
                {checkpoints.map((one) => (
                  <tr key={one.id}>
                    <td><code>{one.name}</code> {one.best && <span class="tag">best</span>}</td>
                    <td>{one.run}</td>
                    <td class="number">{one.epoch}</td>
                    <td class="number">{whole(one.step)}</td>
                    <td>{Object.entries(one.metrics).map(([name, value]) => `${words(name)} ${metric(name, value)}`).join(', ')}</td>
                    <td class="number">{bytes(one.size_bytes)}</td>
                    <td><When at={one.created_at} /></td>
                    <td><code title={one.sha256}>{one.sha256.slice(0, 8)}…</code> <CopyButton text={one.sha256} /></td>
                    <td>{mayAct.value && <a href={href(['jobs', 'new'], { type: 'fine_tune', dataset: spec.dataset ?? undefined, checkpoint: one.id, job: id })}>Fine-tune from it</a>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </Loaded>
  );
}
