// What is kept of fuzzing, as files: inputs that reach places others do not, and all that ever made a reader fail.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input, Target } from './targets.js';

/** `corpus` may be made anew at any time; what is in `found` stays. */
export type Kept = 'corpus' | 'found';

const folderOf = (kept: Kept, { name }: Target): string => join(import.meta.dirname, kept, name);

/** Files of an input one behind the other, each with its length before it; one alone as it is. */
function toBytes(input: Input): Uint8Array {
  if (input.length === 1) return input[0]!;
  return Buffer.concat(input.flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  }));
}

function fromBytes(bytes: Buffer, files: number): Input {
  if (files === 1) return [bytes];
  let at = 0;
  return Array.from({ length: files }, () => {
    const from = at + 4;
    at = from + bytes.readUInt32LE(at);
    return bytes.subarray(from, at);
  });
}

export const sizeOf = (input: Input): number => input.reduce((sum, { length }) => sum + length, 0);

/** The inputs that are kept, by name. */
export async function keptInputs(kept: Kept, target: Target): Promise<Map<string, Input>> {
  const folder = folderOf(kept, target);
  const names = await readdir(folder).catch(() => []);
  return new Map(await Promise.all(names.sort().map(async (name) => [name, fromBytes(await readFile(join(folder, name)), target.files.length)] as const)));
}

/** @returns the name it has from now on, from its content */
export async function keep(kept: Kept, target: Target, input: Input, prefix = ''): Promise<string> {
  const bytes = toBytes(input);
  const name = `${prefix}${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
  await mkdir(folderOf(kept, target), { recursive: true });
  await writeFile(join(folderOf(kept, target), name), bytes);
  return name;
}

/** Keeps these instead of all that was kept before. */
export async function replaceCorpus(target: Target, inputs: readonly Input[]): Promise<void> {
  await rm(folderOf('corpus', target), { recursive: true, force: true });
  for (const input of inputs) await keep('corpus', target, input);
}
