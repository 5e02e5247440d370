// Typed records in the store: JSON with a schema version, checked when read. Those of an earlier version are moved on when read.
import { ServiceError } from '../contract/errors.js';
import type { Store } from './store.js';

/** Takes the value of a record from one version of its shape to the next. Values come from the disk: it may count on that version only. */
export type Migration = (value: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** A kind of record: the key it lives under, the version of its shape, and the way there from each earlier one. */
export interface RecordKind<T> {
  readonly kind: string;
  readonly version: number;
  readonly key: (id: string) => string;
  /** From version 1 to 2, from 2 to 3, and so on. */
  readonly migrations: readonly Migration[];
  /** Only so that the type is known; never set. */
  readonly holds?: T;
}

/** @throws RangeError unless there is a way from every earlier version: a mistake in the code */
export function recordKind<T>(
  kind: string,
  version: number,
  key: (id: string) => string,
  migrations: readonly Migration[] = [],
): RecordKind<T> {
  if (migrations.length !== version - 1) throw new RangeError(`${kind} ${version} needs ${version - 1} migrations`);
  return { kind, version, key, migrations };
}

/** The bytes of a record, for those who write it into a staging folder. */
export const encodeRecord = <T>(of: RecordKind<T>, value: T): string =>
  `${JSON.stringify({ record: of.kind, schema_version: of.version, value })}\n`;

/**
 * The record, or undefined where there is none; one of an earlier version as it would be written today. It stays on the disk as
 * it is until it is written again, so that going back to the version before loses nothing.
 * @throws STORE_CORRUPT where it cannot be read, STORE_TOO_NEW where it was written by a later version
 */
export async function readRecord<T>(store: Store, of: RecordKind<T>, id: string): Promise<T | undefined> {
  const bytes = await store.get(of.key(id));
  if (bytes === undefined) return undefined;
  let envelope: { record?: unknown; schema_version?: unknown; value?: Record<string, unknown> } | undefined;
  try {
    envelope = JSON.parse(bytes.toString('utf8')) as typeof envelope;
  } catch {
    envelope = undefined;
  }
  const version = Number(envelope?.schema_version);
  if (envelope?.record !== of.kind || !Number.isInteger(version) || version < 1 || !envelope.value) {
    throw ServiceError.of('STORE_CORRUPT', `${of.kind} of ${id}`);
  }
  if (version > of.version) throw ServiceError.of('STORE_TOO_NEW', `${of.kind} of ${id}`);
  // By now the value has the shape of today's version, which the migrations answer for.
  return of.migrations.slice(version - 1).reduce((value, migrate) => migrate(value), envelope.value) as T;
}

/** The same; a record that cannot be read is removed and as good as none. For what can be made again. @throws STORE_TOO_NEW */
export async function readOrRemove<T>(store: Store, of: RecordKind<T>, id: string): Promise<T | undefined> {
  try {
    return await readRecord(store, of, id);
  } catch (problem) {
    if (!(problem instanceof ServiceError && problem.code === 'STORE_CORRUPT')) throw problem;
    await store.delete(of.key(id));
    return undefined;
  }
}

/** True for the failures that say that a record is there and cannot be read. */
export const isUnreadable = (problem: unknown): boolean =>
  problem instanceof ServiceError && (problem.code === 'STORE_CORRUPT' || problem.code === 'STORE_TOO_NEW');

/** Writes or replaces a record, durably. */
export const writeRecord = <T>(store: Store, of: RecordKind<T>, id: string, value: T): Promise<void> =>
  store.put(of.key(id), encodeRecord(of, value));

/** Writes or replaces a record that can be made again, without waiting for the disk. */
export const writeVolatileRecord = <T>(store: Store, of: RecordKind<T>, id: string, value: T): Promise<void> =>
  store.putVolatile(of.key(id), encodeRecord(of, value));

/** Writes a record unless there is one; true for the one caller that did. */
export const writeRecordOnce = <T>(store: Store, of: RecordKind<T>, id: string, value: T): Promise<boolean> =>
  store.putIfAbsent(of.key(id), encodeRecord(of, value));
