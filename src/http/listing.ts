// Pages of a list: newest first, `?limit=` at a time, `?after=` the last id seen, narrowed to what fits.
import { parse, stringify } from 'node:querystring';
import type { FastifyReply } from 'fastify';
import Type, { type Static, type TSchema } from '../contract/typebox.js';
import { idPattern, type IdKind } from '../contract/ids.js';
import { closed, Metadata, Timestamp, type ListOf } from '../contract/schema.js';

export const USUAL_LIMIT = 20;
/** Items of a page. */
export const PageLimit = Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: USUAL_LIMIT }));

/** What every list of such things takes. */
export const paging = (kind: IdKind) => ({
  limit: PageLimit,
  after: Type.Optional(Type.String({ pattern: idPattern(kind), description: 'Id of the last item of the page before.' })),
  created_after: Type.Optional({ ...Timestamp, description: 'Made later than this: RFC 3339.' }),
});
/** Of lists whose items have names. */
const pageOf = (kind: IdKind) => ({
  ...paging(kind),
  name: Type.Optional(Type.String({ maxLength: 128, description: 'Its name, exactly.' })),
  name_contains: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'A part of its name, in capitals or not.' })),
});
export const pageQuery = <P extends Record<string, TSchema>>(kind: IdKind, filters: P) => closed({ ...pageOf(kind), ...filters });
type Page = Static<ReturnType<typeof pageQuery<Record<never, never>>>> & { status?: string | undefined };

/** Words that callers attached, each as `metadata[key]=value`. */
export const MetadataFilter = Type.Optional({ ...Metadata, description: 'Words that it has among its metadata: metadata[key]=value.' });

const METADATA_KEY = /^metadata\[(.*)\]$/s;

/** A query as the routes know it: all `metadata[key]=value` are one object. */
export function parseQuery(text: string): Record<string, unknown> {
  const query = parse(text) as Record<string, unknown>;
  const metadata = Object.entries(query).flatMap(([name, value]) => {
    const key = METADATA_KEY.exec(name)?.[1];
    if (key !== undefined) delete query[name];
    return key === undefined ? [] : [[key, value] as const];
  });
  if (metadata.length > 0) query.metadata = Object.fromEntries(metadata);
  return query;
}

const writeQuery = ({ metadata, ...query }: Record<string, unknown>): string =>
  stringify({ ...(query as Record<string, string>), ...Object.fromEntries(Object.entries((metadata as Record<string, string> | undefined) ?? {}).map(([key, value]) => [`metadata[${key}]`, value])) });

/** The least that can be listed. */
interface Item {
  id: string;
  name?: string | null;
  status?: string;
  created_at: string;
}

/** Loads one page. Ids of which `load` finds nothing, or nothing that fits, are passed over. */
export async function page<T extends Item>(ids: readonly string[], { limit: most = USUAL_LIMIT, after, ...wanted }: Page, load: (id: string) => Promise<T | undefined>): Promise<ListOf<T>> {
  // Ids sort by time, so a page goes on correctly even after its last item was deleted.
  const left = after === undefined ? ids : ids.filter((id) => id < after);
  const found: T[] = [];
  for (let at = 0; at < left.length && found.length <= most; at += most + 1) {
    const items = await Promise.all(left.slice(at, at + most + 1).map(load));
    found.push(...items.filter((item) => item !== undefined).filter((item) => fits(item, wanted)));
  }
  return listOfAll(found.slice(0, most), found.length > most);
}

const fits = ({ name, status, created_at: createdAt }: Item, wanted: Omit<Page, 'limit' | 'after'>): boolean =>
  (wanted.status === undefined || status === wanted.status) &&
  (wanted.name === undefined || name === wanted.name) &&
  (wanted.name_contains === undefined || (name ?? '').toLowerCase().includes(wanted.name_contains.toLowerCase())) &&
  (wanted.created_after === undefined || Date.parse(createdAt) > Date.parse(wanted.created_after));

export const hasMetadata = (metadata: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => metadata[key] === value);

export const listOfAll = <T extends { id: string }>(data: T[], more = false): ListOf<T> => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: more,
});

/** RFC 8288: where the next page is. */
export function linkNext(reply: FastifyReply, list: ListOf<unknown>, path: string, query: Record<string, unknown>): void {
  if (!list.has_more || list.last_id === null) return;
  reply.header('link', `<${path}?${writeQuery({ ...query, after: list.last_id })}>; rel="next"`);
}
