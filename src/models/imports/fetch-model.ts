// Fetches the files of a model that was given by its address: one file, or a model.json and what lies beside it. Runs in a child process
// of its own.
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../contract/errors.js';
import type { ModelFormat } from '../../contract/model.js';
import { fetchFile } from '../../datasets/fetch-file.js';
import type { SentFile } from '../../datasets/receive.js';
import { TIMES } from '../../outbound/guarded-fetch.js';
import { formatOfKinds, isJson, kindOf, refuseForeign, type FileKind } from './file-kinds.js';
import type { FetchedModel } from './registry.js';
import { METADATA_FILE, MODEL_FILE, readDescription } from './tfjs-description.js';

export interface FetchModel {
  readonly url: string;
  /** What the digest of the source must be, where it was said: see `digestOfSource`. */
  readonly sha256: string | null;
  /** An existing folder, into which each file is written under its number. */
  readonly outFolder: string;
  readonly maxBytes: number;
  readonly allowPrivate: boolean;
}

/**
 * @param tell hears now and then how many bytes of a file have come
 * @throws what `fetchFile` throws; MODEL_FORMAT, MODEL_CORRUPT, UNSAFE_PATH for what the files are not, DIGEST_MISMATCH
 */
export async function fetchModel(asked: FetchModel, tell: (bytes: number) => void): Promise<FetchedModel> {
  const fetching = new Fetching(asked, tell);
  const kinds: FileKind[] = [];
  const found = await fetching.fetch(asked.url, (name, start) => {
    const kind = kindOf(start);
    kinds.push(kind);
    return refuseForeign(name, start) ?? (kind === 'bytes' ? ServiceError.of('MODEL_FORMAT', name, 'is no model') : undefined);
  });
  const { files } = fetching;
  const format = isJson(kinds[0]) ? await fetching.fetchBeside() : formatOfKinds(files, kinds);
  if (asked.sha256 !== null && asked.sha256 !== digestOfSource(files)) {
    throw ServiceError.of('DIGEST_MISMATCH', files.length === 1 ? files[0]!.name : `${MODEL_FILE}, with all that it names,`, 'SHA-256');
  }
  return { url: found, files, format };
}

/**
 * What tells a source from all others: of one file its SHA-256; of several that of the lines `sha256sum` writes of them, in their order,
 * so that no shard can be another one.
 */
export function digestOfSource(files: readonly SentFile[]): string {
  if (files.length === 1) return files[0]!.sha256;
  return createHash('sha256').update(files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('')).digest('hex');
}

/**
 * The address of what lies beside another. As TensorFlow.js has it: beside the one that was asked for, whatever it redirects to, and
 * with its query; so what loads in a browser is found here.
 * @param path leads out of no folder
 */
export function addressBeside(url: string, path: string): string {
  const beside = new URL(path.split('/').map(encodeURIComponent).join('/'), url);
  beside.search = new URL(url).search;
  return beside.href;
}

type Judge = (name: string, start: Buffer) => ServiceError | undefined;

/** One after the other, within the bytes and the time that one fetch has. */
class Fetching {
  readonly files: SentFile[] = [];
  private readonly startMs = performance.now();

  constructor(
    private readonly asked: FetchModel,
    private readonly tell: (bytes: number) => void,
  ) {}

  /** @returns where it was found */
  async fetch(url: string, judge: Judge, name?: string): Promise<string> {
    const { maxBytes, allowPrivate } = this.asked;
    const leftMs = TIMES.wholeMs - (performance.now() - this.startMs);
    const { url: found, file } = await fetchFile(
      {
        url,
        path: this.pathOf(this.files.length),
        room: maxBytes - this.files.reduce((sum, { size_bytes: size }) => sum + size, 0),
        maxBytes,
        allowPrivate,
        times: { ...TIMES, wholeMs: Math.max(1, Math.floor(leftMs)) },
        refuseBy: (sentName) => (start) => judge(name ?? sentName, start),
      },
      this.tell,
    );
    this.files.push({ ...file, name: name ?? file.name });
    // Of many small files none takes long enough to be told of on its way.
    this.tell(file.size_bytes);
    return found;
  }

  /** What the description that has come names, and what Teachable Machine says of its network where it lies there. */
  async fetchBeside(): Promise<ModelFormat> {
    const { url } = this.asked;
    const [description] = this.files as [SentFile];
    description.name = MODEL_FILE; // whatever its address ends in
    const path = this.pathOf(0);
    const { groups, format } = await readDescription({ name: MODEL_FILE, sizeBytes: description.size_bytes, read: () => readFile(path) });
    for (const shard of groups.flatMap(({ paths }) => paths)) await this.fetch(addressBeside(url, shard), () => undefined, shard);
    await this.fetchMetadata(addressBeside(url, METADATA_FILE));
    return format;
  }

  private async fetchMetadata(url: string): Promise<void> {
    try {
      await this.fetch(url, (name, start) => (isJson(kindOf(start)) ? undefined : ServiceError.of('MODEL_FORMAT', name, 'is none')), METADATA_FILE);
    } catch (problem) {
      // Most servers have none, and say so, or answer with a page.
      if (!(problem instanceof ServiceError) || !['FETCH_FAILED', 'MODEL_FORMAT'].includes(problem.code)) throw problem;
      await rm(this.pathOf(this.files.length), { force: true });
    }
  }

  private pathOf(number: number): string {
    return join(this.asked.outFolder, String(number));
  }
}
