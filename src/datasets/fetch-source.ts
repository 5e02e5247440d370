// Fetches the one file of a data set that was given by its address. Runs in a child process of its own.
import { join } from 'node:path';
import { ServiceError } from '../contract/errors.js';
import { fetchFile } from './fetch-file.js';
import { checkFormat, formatOf, refuseStranger, type Expected } from './readers/registry.js';
import type { FetchedSource } from './registry.js';

export interface FetchSource {
  readonly url: string;
  /** What the file's digest must be, where it was said. */
  readonly sha256: string | null;
  /** What it must be, where it was said. */
  readonly expected: Expected;
  /** An existing folder, into which the file is written as "0". */
  readonly outFolder: string;
  readonly maxBytes: number;
  readonly allowPrivate: boolean;
}

/**
 * @param tell hears now and then how many bytes have come
 * @throws what `fetchFile` throws; DIGEST_MISMATCH, FORMAT_UNKNOWN, INVALID_VALUE for what the file is not
 */
export async function fetchSource({ url, sha256, expected, outFolder, maxBytes, allowPrivate }: FetchSource, tell: (bytes: number) => void): Promise<FetchedSource> {
  const path = join(outFolder, '0');
  const fetched = await fetchFile({ url, path, room: maxBytes, maxBytes, allowPrivate, refuseBy: refuseStranger }, tell);
  const { name } = fetched.file;
  if (sha256 !== null && fetched.file.sha256 !== sha256) throw ServiceError.of('DIGEST_MISMATCH', name, 'SHA-256');
  const format = await formatOf([{ name, path }]);
  checkFormat(expected, format);
  return { ...fetched, format };
}
