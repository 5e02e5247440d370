// Files that are uploaded in pieces and may be gone on with after a break, until a data set is made from them:
//   uploads/<id>/upload.json   what was announced
//   uploads/<id>/data          what has come; how far it has come is its size
// One process of the service at a time writes to an upload (http/tus.ts locks it).
import type { Readable } from 'node:stream';
import { ServiceError } from '../contract/errors.js';
import { isId } from '../contract/ids.js';
import type { KeepRule } from '../contract/system.js';
import { readRecord, recordKind, writeRecordOnce } from '../store/records.js';
import { surplus } from '../store/retention.js';
import type { Store } from '../store/store.js';

export interface AnnouncedUpload {
  size_bytes: number;
  /** As its sender gave it; null for a key without a value. */
  metadata: Record<string, string | null>;
  created_at: string;
}

export interface StoredUpload extends AnnouncedUpload {
  id: string;
  /** How many bytes have come. */
  offset: number;
}

const ROOT = 'uploads';
const uploadPrefix = (id: string): string => `${ROOT}/${id}`;
const dataKey = (id: string): string => `${uploadPrefix(id)}/data`;
const UPLOAD = recordKind<AnnouncedUpload>('upload', 1, (id) => `${uploadPrefix(id)}/upload.json`);

/** Bytes that are written to the store at once. */
const PIECE_BYTES = 2 ** 20;

export const createUpload = async (store: Store, id: string, announced: AnnouncedUpload): Promise<void> => {
  await writeRecordOnce(store, UPLOAD, id, announced);
};

/** The upload, or undefined. */
export async function findUpload(store: Store, id: string): Promise<StoredUpload | undefined> {
  if (!isId('upload', id)) return undefined;
  const announced = await readRecord(store, UPLOAD, id);
  return announced && { id, ...announced, offset: (await store.sizeOf(dataKey(id))) ?? 0 };
}

/**
 * Adds what comes to the end of an upload. What has come before a break is kept.
 * @returns how many bytes were added, which then survive a power cut
 * @throws DISK_FULL, and what the stream ends with
 */
export async function appendToUpload(store: Store, id: string, pieces: AsyncIterable<Buffer>): Promise<number> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let added = 0;
  const write = async (): Promise<void> => {
    if (heldBytes === 0) return;
    const bytes = Buffer.concat(held);
    [held, heldBytes] = [[], 0];
    await store.append(dataKey(id), bytes);
    added += bytes.length;
  };
  try {
    for await (const piece of pieces) {
      held.push(piece);
      heldBytes += piece.length;
      if (heldBytes >= PIECE_BYTES) await write();
    }
  } finally {
    await write();
    if (added > 0) await store.sync(dataKey(id));
  }
  return added;
}

/** The bytes of a finished upload. */
export const openUpload = (store: Store, id: string): Readable => store.open(dataKey(id));

/** @throws UPLOAD_NOT_FOUND */
export async function removeUpload(store: Store, id: string): Promise<void> {
  if (!isId('upload', id) || !(await store.delete(uploadPrefix(id)))) throw ServiceError.of('UPLOAD_NOT_FOUND', id);
}

/** Removes the uploads that are beyond the rule, finished or not; one whose record cannot be read counts as the oldest. @returns how many */
export async function removeOldUploads(store: Store, rule: KeepRule, nowMs = Date.now()): Promise<number> {
  const kept = [];
  for (const id of await store.list(ROOT)) {
    const announced = await readRecord(store, UPLOAD, id).catch(() => undefined);
    kept.push({ id, sinceMs: announced ? Date.parse(announced.created_at) : 0, bytes: 0 });
  }
  let removed = 0;
  for (const { id } of surplus(kept, rule, nowMs)) if (await store.delete(uploadPrefix(id))) removed += 1;
  return removed;
}
