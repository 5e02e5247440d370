// Typed records in the store: JSON with a schema version, checked when read.
import { ServiceError } from '../contract/errors.js';
import type { Store } from './store.js';

/** A kind of record: the key it lives under, and the version of its shape. */
export interface RecordKind<T> {
  readonly kind: string;
  readonly version: number;
  readonly key: (id: string) => string;
  /** Only so that the type is known; never set. */
  readonly holds?: T;
}

export const recordKind = <T>(kind: string, version: number, key: (id: string) => string): RecordKind<T> => ({
  kind,
  version,
  key,
});

/** The bytes of a record, for those who write it into a staging folder. */
export const encodeRecord = <T>(of: RecordKind<T>, value: T): string =>
  `${JSON.stringify({ record: of.kind, schema_version: of.version, value })}\n`;

/** The record, or undefined where there is none. @throws STORE_CORRUPT where it cannot be read. */
export async function readRecord<T>(store: Store, of: RecordKind<T>, id: string): Promise<T | undefined> {
  const bytes = await store.get(of.key(id));
  if (bytes === undefined) return undefined;
  let envelope: { record?: unknown; schema_version?: unknown; value?: T } | undefined;
  try {
    envelope = JSON.parse(bytes.toString('utf8')) as typeof envelope;
  } catch {
    envelope = undefined;
  }
  if (envelope?.record !== of.kind || envelope.schema_version !== of.version) {
    throw ServiceError.of('STORE_CORRUPT', `${of.kind} of ${id}`);
  }
  return envelope.value;
}

/** Writes or replaces a record, durably. */
export const writeRecord = <T>(store: Store, of: RecordKind<T>, id: string, value: T): Promise<void> =>
  store.put(of.key(id), encodeRecord(of, value));

/** Writes or replaces a record that can be made again, without waiting for the disk. */
export const writeVolatileRecord = <T>(store: Store, of: RecordKind<T>, id: string, value: T): Promise<void> =>
  store.putVolatile(of.key(id), encodeRecord(of, value));

/** Writes a record unless there is one; true for the one caller that did. */
export const writeRecordOnce = <T>(store: Store, of: RecordKind<T>, id: string, value: T): Promise<boolean> =>
  store.putIfAbsent(of.key(id), encodeRecord(of, value));
