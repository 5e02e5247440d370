// The files of a model as they were sent: side by side, or in a zip archive. Names are looked up among them and never become paths.
import { readFile } from 'node:fs/promises';
import { openArchive, startsAsZip } from '../../datasets/archive.js';
import { headOf, inspectFile, type SourceFile } from '../../datasets/source-file.js';
import { sizeText } from '../../datasets/size-text.js';
import { ServiceError } from '../../contract/errors.js';

export interface ModelFile {
  /** Without the folder that all of them may lie in. */
  readonly name: string;
  readonly sizeBytes: number;
  read(): Promise<Buffer>;
}

export interface SourceFiles {
  readonly files: readonly ModelFile[];
  /** What the whole is called. */
  readonly name: string;
}

/** Node.js reads no more at once. */
const MOST_BYTES = 2 ** 31 - 1;

/** @throws ARCHIVE_CORRUPT, UNSAFE_PATH, DATASET_TOO_LARGE for what is packed in an archive */
export async function openFiles(sent: readonly SourceFile[], maxBytes: number): Promise<SourceFiles> {
  const [first] = sent as [SourceFile];
  if (sent.length === 1 && startsAsZip((await headOf(first)).bytes)) return opened(first, maxBytes);
  const files = await Promise.all(
    sent.map(async (file): Promise<ModelFile> => {
      const { sizeBytes } = await inspectFile(file.path);
      return { name: file.name, sizeBytes, read: () => readFile(file.path) };
    }),
  );
  return { files, name: first.name };
}

async function opened(file: SourceFile, maxBytes: number): Promise<SourceFiles> {
  const all = await openArchive(file, Math.min(maxBytes, MOST_BYTES));
  const entries = all.filter(({ name }) => !name.startsWith('__MACOSX/') && !name.split('/').at(-1)!.startsWith('.'));
  const folder = commonFolder(entries.map(({ name }) => name));
  return {
    name: file.name,
    files: entries.map((entry) => ({
      name: entry.name.slice(folder.length),
      sizeBytes: entry.sizeBytes,
      async read() {
        const chunks: Buffer[] = [];
        for await (const chunk of entry.content()) chunks.push(chunk);
        return Buffer.concat(chunks);
      },
    })),
  };
}

/** The folders that every name begins with. */
export function commonFolder(names: readonly string[]): string {
  const [first = ''] = names;
  const parts = first.split('/').slice(0, -1);
  while (parts.length > 0 && !names.every((name) => name.startsWith(`${parts.join('/')}/`))) parts.pop();
  return parts.length === 0 ? '' : `${parts.join('/')}/`;
}

/** A file whose text is read whole. @throws MODEL_CORRUPT where it is larger than such a file is */
export async function readText(file: ModelFile, mostBytes = 2 ** 26): Promise<Buffer> {
  if (file.sizeBytes > mostBytes) throw ServiceError.of('MODEL_CORRUPT', file.name, `it holds ${sizeText(file.sizeBytes)}; at most ${sizeText(mostBytes)} are read of it`);
  return file.read();
}
