// What a job left: its last metrics, its runs, its files.
import type { Job } from '../../../contract/job.js';
import { duration, metric, whole, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { FileRows } from '../../parts/file-rows.js';
import { Loaded } from '../../parts/loaded.js';
import { client } from '../../session.js';

export function Outcome({ job }: { job: Job }) {
  return (
    <>
      {job.runs.length > 0 && (
        <div class="panel">
          <h2>Runs</h2>
          <div class="scroll" tabIndex={0} role="region" aria-label="Runs">
            <table>
              <thead><tr><th>Run</th><th>Role</th><th class="number">Seed</th><th class="number">Steps</th><th>Ended because</th><th>Metrics</th><th class="number">Took</th><th class="number">Examples/s</th></tr></thead>
              <tbody>
                {job.runs.map((run) => (
                  <tr key={run.run}>
                    <td>{run.run}</td><td>{run.role}</td><td class="number">{run.seed}</td><td class="number">{run.steps === null ? '' : whole(run.steps)}</td><td>{words(run.stop_reason)}</td>
                    <td>{Object.entries(run.metrics).map(([name, value]) => `${words(name)} ${metric(name, value)}`).join(', ')}</td>
                    <td class="number">{duration(run.seconds)}</td><td class="number">{whole(Math.round(run.examples_per_second))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
      {job.status === 'succeeded' ? <Files id={job.id} /> : <p class="empty">Files are there once the job has succeeded.</p>}
    </>
  );
}

function Files({ id }: { id: string }) {
  const live = useLive(`artifacts ${id}`, (signal) => client.value.jobs.artifacts(id, { signal }));
  return (
    <div class="panel">
      <h2>Files</h2>
      <Loaded live={live}>{(files) => (files.length === 0 ? <p class="quiet">The job made none.</p> : <FileRows files={files} fetch={(name) => client.value.jobs.artifact(id, name)} />)}</Loaded>
    </div>
  );
}
