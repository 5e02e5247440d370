// Files that are named on the command line: read as they are sent, or as a document.
import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { UsageError } from './session.js';

const STDIN = '-';

const failed = (path: string) => (error: unknown) => {
  throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
};

/** @throws UsageError for one that cannot be read */
export const filesAt = (paths: readonly string[]): Promise<{ name: string; data: Blob }[]> =>
  Promise.all(paths.map(async (path) => ({ name: basename(path), data: await openAsBlob(path).catch(failed(path)) })));

/** @param path "-" is stdin @throws UsageError */
export const textAt = (path: string): Promise<string> => (path === STDIN ? text(process.stdin) : readFile(path, 'utf8').catch(failed(path)));

/** YAML, of which JSON is a part. What it must hold is for the service to say. @throws UsageError where it is neither, or no object */
export async function documentAt(path: string): Promise<Record<string, unknown>> {
  const source = await textAt(path);
  let value: unknown;
  try {
    value = parse(source);
  } catch (error) {
    throw new UsageError(`${path} is neither YAML nor JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError(`${path} holds no object of fields and values.`);
  return value as Record<string, unknown>;
}
