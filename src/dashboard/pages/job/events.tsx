// What happened, newest first.
import type { JobEvent } from '../../../contract/event.js';
import { clock, dateTime, metric, number, some, words } from '../../format.js';
import { MOST_EVENTS } from '../../live/use-events.js';
import { place, setQuery } from '../../route.js';

const MOST_SHOWN = 200;

export function Events({ events, count }: { events: readonly JobEvent[]; count: number }) {
  const { find = '' } = place.value.query;
  const found = events.map((event) => ({ event, text: textOf(event) })).filter(({ event, text }) => `${event.type} ${text}`.toLowerCase().includes(find.toLowerCase()));
  return (
    <>
      <div class="filters">
        <label class="grow">Find<input type="search" value={find} onInput={(event) => setQuery({ find: event.currentTarget.value })} /></label>
        <span class="quiet">{some(count, 'event')}{count > MOST_EVENTS ? `, the last ${MOST_EVENTS} are here` : ''}</span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Events">
        <table>
          <thead><tr><th class="number">No.</th><th>Time</th><th>What</th><th>Of it</th></tr></thead>
          <tbody>
            {found.slice(-MOST_SHOWN).reverse().map(({ event, text }) => (
              <tr key={event.id}>
                <td class="number">{event.id}</td>
                <td><time dateTime={event.created_at} title={dateTime(event.created_at)}>{clock(event.created_at)}</time></td>
                <td class="what"><code>{event.type}</code></td>
                <td>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** What an event tells, in a line. */
export function textOf(event: JobEvent): string {
  return Object.entries(event.data)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${words(name)} ${told(name, value)}`)
    .join(', ');
}

function told(name: string, value: unknown): string {
  if (typeof value === 'number') return number(value);
  if (name === 'metrics') return Object.entries(value as Record<string, number>).map(([key, one]) => `${words(key)} ${metric(key, one)}`).join(', ');
  if (name === 'error') return (value as { message: string }).message;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
