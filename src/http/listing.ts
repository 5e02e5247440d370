// Pages of a list: newest first, `?limit=` at a time, `?after=` the last id seen.
import type { FastifyReply } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import { closed, type ListOf } from '../contract/schema.js';

const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  after: Type.Optional(Type.String({ maxLength: 128, description: 'Id of the last item of the page before.' })),
};
export const pageQuery = <P extends Record<string, TSchema>>(filters: P) => closed({ ...PageQuery, ...filters });
type Page = Static<ReturnType<typeof pageQuery<Record<never, never>>>>;

const USUAL_LIMIT = 20;

/** Loads one page. Ids of which `load` finds nothing, or nothing that fits the filters, are passed over. */
export async function page<T extends { id: string }>(
  ids: readonly string[],
  { limit = USUAL_LIMIT, after }: Page,
  load: (id: string) => Promise<T | undefined>,
): Promise<ListOf<T>> {
  const data: T[] = [];
  let more = false;
  for (const id of ids) {
    // Ids sort by time, so a page goes on correctly even after its last item was deleted.
    if (after !== undefined && id >= after) continue;
    const item = await load(id);
    if (item === undefined) continue;
    if (data.length === limit) {
      more = true;
      break;
    }
    data.push(item);
  }
  return listOfAll(data, more);
}

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
  const words = Object.entries({ ...query, after: list.last_id }).map(([key, value]) => [key, String(value)]);
  reply.header('link', `<${path}?${new URLSearchParams(words).toString()}>; rel="next"`);
}
