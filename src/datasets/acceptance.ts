// What is accepted is there whole, with its record, or not at all: made in a staging folder, then published by one rename.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orDiskFull } from '../store/disk-full.js';
import { encodeRecord, type RecordKind } from '../store/records.js';
import type { Staging, Store } from '../store/store.js';

interface Acceptance<T> {
  kind: RecordKind<T>;
  /** Name of the record in the folder, beside `source/`. */
  file: string;
  /** False where the id is taken. */
  publish: (store: Store, id: string, staging: Staging) => Promise<boolean>;
}

/**
 * Accepts under an id, unless that has been accepted already.
 * @param fill fills the folder of what was sent, and says what is accepted
 * @returns the id
 * @throws DISK_FULL, and what `fill` throws; nothing stays behind then
 */
export async function acceptStaged<T extends { id: string; created_at: string }>(
  store: Store,
  { kind, file, publish }: Acceptance<T>,
  id: string,
  fill: (sourceFolder: string) => Promise<Omit<T, 'id' | 'created_at'>>,
): Promise<string> {
  const staging = await store.stage(id);
  const accept = async (): Promise<void> => {
    const sourceFolder = join(staging.path, 'source');
    await mkdir(sourceFolder, { mode: 0o700 });
    const record = { id, created_at: new Date().toISOString(), ...(await fill(sourceFolder)) } as T;
    await writeFile(join(staging.path, file), encodeRecord(kind, record), { mode: 0o600 });
    // Published by an earlier request of the same id, it stays as it is.
    if (!(await publish(store, id, staging))) await store.discard(staging);
  };
  try {
    await orDiskFull(accept());
    return id;
  } catch (problem) {
    await store.discard(staging);
    throw problem;
  }
}
