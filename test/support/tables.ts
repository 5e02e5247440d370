// Small tables for tests, and the whole ingest over them.
import { readdir } from 'node:fs/promises';
import type { DatasetContent, TableWanted } from '#contract/dataset.js';
import type { BadRowPolicy } from '#contract/dataset.js';
import type { Task } from '#contract/task.js';
import { readSource } from '#datasets/read-source.js';
import { placed, type NamedBytes } from './idx.js';
import { partInMemory } from './packed.js';

export interface Asked {
  classNames?: string[];
  table?: TableWanted;
  task?: Task;
  onBadRows?: BadRowPolicy;
  maxBytes?: number;
}

export const file = (text: string | Buffer, name = 'data.csv'): NamedBytes[] => [{ name, bytes: Buffer.from(text) }];

async function place(files: readonly NamedBytes[], { classNames, table, task, onBadRows = 'skip' }: Asked) {
  const where = await placed(files, classNames ?? null);
  return { ...where, source: { ...where.source, on_bad_rows: onBadRows, ...(table && { table }), ...(task && { task }) } };
}

export async function ingest(files: readonly NamedBytes[], asked: Asked = {}): Promise<DatasetContent> {
  return readSource({ ...(await place(files, asked)), maxBytes: asked.maxBytes ?? 100_000_000 });
}

/** The content and the values of both parts, train before test. */
export async function values(files: readonly NamedBytes[], asked: Asked = {}): Promise<{ content: DatasetContent; inputs: number[][]; labels: number[] }> {
  const where = await place(files, asked);
  const content = await readSource({ ...where, maxBytes: asked.maxBytes ?? 100_000_000 });
  const parts = [await partInMemory(where.outFolder, 'train'), await partInMemory(where.outFolder, 'test')];
  const width = content.input_shape.reduce((product, size) => product * size, 1);
  return {
    content,
    inputs: parts.flatMap(({ inputs }) => Array.from({ length: inputs.length / width }, (_, row) => [...inputs.subarray(row * width, (row + 1) * width)])),
    labels: parts.flatMap(({ labels }) => [...labels]),
  };
}

/** Code and message of the refusal, or `accepted`; scratch is always removed, and no refusal leaves the file that makes a folder a data set. */
export async function refusal(files: readonly NamedBytes[], asked: Asked = {}): Promise<string> {
  const where = await place(files, asked);
  const said = await readSource({ ...where, maxBytes: asked.maxBytes ?? 100_000_000 }).then(() => 'accepted', (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`);
  const left = await readdir(where.outFolder);
  if (left.includes('scratch') || left.includes('packed.json') !== (said === 'accepted')) return `left ${left.join(', ')} after ${said}`;
  return said;
}
