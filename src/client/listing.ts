// A list as it is gone through: page by page, each asked for when it is wanted.
import type { ListOf } from '../contract/schema.js';
import type { Connection } from './connection.js';
import type { CallOptions } from './options.js';
import type { Query } from './query.js';

/** What every list takes. */
export interface ListFilter {
  /** Items of a page, 1 to 100. @default 20 */
  limit?: number | undefined;
  /** Id of the item after which it goes on. @default from the newest */
  after?: string | undefined;
  /** Made later than this: RFC 3339. @default all */
  created_after?: string | undefined;
}

/** What lists of things with names take. */
export interface NamedFilter extends ListFilter {
  /** The very name. @default all */
  name?: string | undefined;
  /** A part of the name, in capitals or not. @default all */
  name_contains?: string | undefined;
}

/**
 * All items, newest first (lines of a log oldest first), with `for await`; or a page.
 * @example
 * for await (const dataset of client.datasets.list({ limit: 50 })) console.log(dataset.name);
 * const { data, has_more } = await client.jobs.list({ limit: 2 }).page();
 */
export class Listing<T extends { id: string }> implements AsyncIterable<T> {
  constructor(
    private readonly connection: Connection,
    private readonly path: string,
    private readonly filter: Query,
    private readonly options: CallOptions,
  ) {}

  /** One page. @param after id of the last item of the page before; @default as the filter says */
  page(after?: string): Promise<ListOf<T>> {
    return this.connection.json(this.path, { query: after === undefined ? this.filter : { ...this.filter, after } }, this.options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let page = await this.page(); ; page = await this.page(page.last_id!)) {
      yield* page.data;
      if (!page.has_more) return;
    }
  }
}
