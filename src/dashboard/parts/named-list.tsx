// A list of things with names, newest first: narrowed by a part of the name and by state, page by page.
import type { ComponentChildren } from 'preact';
import type { ListOf } from '../../contract/schema.js';
import { words } from '../format.js';
import { useLive } from '../live/use-live.js';
import { href, place, setQuery } from '../route.js';
import { mayAct } from '../session.js';
import { CopyAs } from './copy.js';
import { Loaded } from './loaded.js';
import { Table } from './table.js';
import { Title } from './title.js';

const LOOK_EVERY_MS = 3_000;
const PAGE = 50;

export interface NamedQuery {
  limit: number;
  after: string | undefined;
  name_contains: string | undefined;
  status: string | undefined;
}

interface NamedListProps<T> {
  /** As in its address, in the API and in the command. */
  room: string;
  title: string;
  /** What the button says that opens the ways to bring one. */
  bring: string;
  /** Between head and list, for whoever may act. */
  ways: ComponentChildren;
  states: readonly string[];
  titles: readonly string[];
  list: (filter: NamedQuery, signal: AbortSignal) => Promise<ListOf<T>>;
  row: (one: T) => ComponentChildren;
  /** Where nothing is there at all. */
  none: ComponentChildren;
}

export function NamedList<T>({ room, title, bring, ways, states, titles, list, row, none }: NamedListProps<T>) {
  const { query } = place.value;
  const { status, name, after } = query;
  const filter = { limit: PAGE, after, name_contains: name || undefined, status: status || undefined };
  const live = useLive(`${room} ${JSON.stringify(filter)}`, (signal) => list(filter, signal), LOOK_EVERY_MS);
  const search = new URLSearchParams(Object.entries({ status, name_contains: name }).filter((pair): pair is [string, string] => Boolean(pair[1]))).toString();
  const narrow = (key: 'name' | 'status') => (event: { currentTarget: { value: string } }) => setQuery({ [key]: event.currentTarget.value, after: undefined });
  return (
    <>
      <Title text={title}>
        <CopyAs request={{ method: 'GET', path: `/v1/${room}?${search}`, call: `${room}.list(${JSON.stringify({ status, name_contains: name })}).page()`, command: `${room} ls${status ? ` --status ${status}` : ''}` }} />
        {mayAct.value && <a class="button primary" href={href([room], { ...query, add: 'files' })}>{bring}</a>}
      </Title>
      {mayAct.value && ways}
      <div class="filters" role="search">
        <label class="grow">Name<input type="search" value={name ?? ''} placeholder="a part of it" onInput={narrow('name')} /></label>
        <label>State<select value={status ?? ''} onChange={narrow('status')}><option value="">all</option>{states.map((one) => <option key={one} value={one}>{words(one)}</option>)}</select></label>
      </div>
      <Loaded live={live}>
        {({ data, has_more: hasMore, last_id: last }) =>
          data.length === 0 ? <div class="empty">{status || name ? <><p>None is like this.</p><a href={href([room])}>Show all</a></> : none}</div> : (
            <>
              <Table label={title} titles={titles}>{data.map(row)}</Table>
              <p class="row">
                {after !== undefined && <a href={href([room], { ...query, after: undefined })}>Newest</a>}
                {hasMore && <a href={href([room], { ...query, after: last! })}>Older</a>}
              </p>
            </>
          )}
      </Loaded>
    </>
  );
}
