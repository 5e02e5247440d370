// What the page shows is in its address, after the #: `#/jobs/job_…?metric=loss`. The service serves one page, whatever path a proxy puts before it.
import { computed, signal } from '@preact/signals';

export type Query = Readonly<Record<string, string>>;
export interface Place {
  /** Without the slashes: ['jobs', 'job_…']. */
  path: readonly string[];
  query: Query;
}

export const placeOf = (hash: string): Place => {
  const [path = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  return { path: path.split('/').filter((part) => part !== '').map(decoded), query: Object.fromEntries(new URLSearchParams(query)) };
};

/** A part that is no percent-encoding is what it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** An address within the page. Values that are empty or undefined are left out. */
export function href(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const kept = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const text = new URLSearchParams(kept).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

export const place = computed(() => placeOf(hash.value));

export function go(to: string): void {
  location.hash = to;
}

/** Changes what the query says, on the same page; the step back leads to where one came from, not through every change. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = place.value;
  const to = href(path, { ...query, ...changes });
  history.replaceState(null, '', to);
  hash.value = to;
}
