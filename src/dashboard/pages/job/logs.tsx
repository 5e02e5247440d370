// What the processes of the job wrote.
import type { Job } from '../../../contract/job.js';
import { isTerminal } from '../../../contract/job-states.js';
import type { LogLevel } from '../../../contract/log-line.js';
import { clock } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { place, setQuery } from '../../route.js';
import { client } from '../../session.js';

const LOOK_EVERY_MS = 2_000;
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function Logs({ job: { id, status } }: { job: Job }) {
  const { level = 'info', find = '' } = place.value.query;
  const filter = { level: level as LogLevel };
  const live = useLive(`logs ${id} ${level}`, (signal) => client.value.jobs.logs(id, filter, { signal }).page(), isTerminal(status) ? undefined : LOOK_EVERY_MS);
  return (
    <>
      <div class="filters">
        <label>Level<select value={level} onChange={(event) => setQuery({ level: event.currentTarget.value })}>{LEVELS.map((one) => <option key={one} value={one}>{one} and above</option>)}</select></label>
        <label class="grow">Find<input type="search" value={find} onInput={(event) => setQuery({ find: event.currentTarget.value })} /></label>
        <CopyAs request={{ method: 'GET', path: `/v1/jobs/${id}/logs?level=${level}`, call: `jobs.logs('${id}', { level: '${level}' }).page()`, command: `jobs logs ${id}` }} />
      </div>
      <Loaded live={live}>
        {({ data }) => {
          const lines = data.filter(({ message }) => message.toLowerCase().includes(find.toLowerCase()));
          if (lines.length === 0) return <p class="empty">{data.length === 0 ? 'Nothing was written at this level.' : 'No line has that in it.'}</p>;
          return (
            <div class="scroll tall log" tabIndex={0} role="log" aria-label="Log" aria-live="off">
              {lines.map((line) => <div key={line.id} class={line.level}><time dateTime={line.time}>{clock(line.time)}</time> <b>{line.level}</b> {line.message}</div>)}
            </div>
          );
        }}
      </Loaded>
    </>
  );
}
