// The pictures of an archive with the class of each, by its folders or by a file of labels.
import { dirname, join } from 'node:path';
import { ServiceError } from '../../../contract/errors.js';
import { DISPLAY_NAME_PATTERN } from '../../../contract/schema.js';
import { openArchive, PICTURE_RATIO, startsAsZip, type ArchiveEntry } from '../../archive.js';
import { sizeText } from '../../size-text.js';
import { contentOf, headOf, type SourceFile } from '../../source-file.js';
import { openTar, startsAsTar } from '../../tar-archive.js';
import type { ReadOptions } from '../reader.js';
import { MOST_LABELS_BYTES, readLabels, startsAsLabels } from './labels-file.js';
import { byFolders, byLines, isLeftBehind, type PlacedPicture } from './layout.js';

const NEEDED = 'needed are pictures in a folder for each class, or a file beside them with the columns "file" and "label"';
const VISIBLE = new RegExp(DISPLAY_NAME_PATTERN, 'u');

const wrong = (why: string): ServiceError => ServiceError.of('PICTURES_LAYOUT', why);

/** What was sent: the archive, and the file of labels if one came with it. */
export interface Sent {
  readonly archive: SourceFile;
  readonly isZip: boolean;
  readonly labels: SourceFile | undefined;
}

/** @throws PICTURES_LAYOUT unless there is one archive, and at most one file of labels */
export async function sortSent(files: readonly SourceFile[]): Promise<Sent> {
  const heads = await Promise.all(files.map(async (file) => ({ file, start: (await headOf(file)).bytes })));
  const archives = heads.filter(({ start }) => startsAsZip(start) || startsAsTar(start));
  const labels = heads.filter((head) => !archives.includes(head));
  if (archives.length !== 1 || labels.length > 1) throw wrong(`found ${archives.length} archives and ${labels.length} other files; needed is one archive, and at most one file of labels`);
  return { archive: archives[0]!.file, isZip: startsAsZip(archives[0]!.start), labels: labels[0]?.file };
}

export const openSent = ({ archive, isZip }: Sent, maxBytes: number, scratchFolder: string): Promise<ArchiveEntry[]> =>
  isZip ? openArchive(archive, maxBytes, PICTURE_RATIO) : openTar(archive, maxBytes, join(scratchFolder, 'entries'));

/** The pictures that have a class, in the order of their rows. @throws NO_PICTURES, PICTURES_LAYOUT for a class that cannot be named */
export async function findPictures(all: readonly ArchiveEntry[], sent: Sent, { problems, classNames }: ReadOptions): Promise<readonly PlacedPicture[]> {
  const file = sent.archive.name;
  const entries = all.filter(({ name }) => !isLeftBehind(name));
  const labels = await labelsOf(entries, sent);
  const pictures = labels ? entries.filter((entry) => entry !== labels.entry) : entries;
  const { lines, bad } = labels ? readLabels(labels.name, labels.bytes) : { lines: [], bad: [] };
  const place = labels?.entry ? { file, entry: labels.entry.name } : { file: labels?.name ?? file, entry: null };
  for (const problem of bad) problems.add({ ...place, ...problem });
  const layout = labels ? byLines(pictures, lines, labels.folder) : byFolders(pictures);
  for (const problem of layout.problems) {
    problems.add('line' in problem ? { ...place, ...problem, field: null } : { file, line: null, field: null, ...problem });
  }
  const known = new Set(classNames);
  const kept = layout.pictures.filter(({ entry, label }) => {
    if (classNames === null || known.has(label)) return true;
    problems.add({ file, entry: entry.name, line: null, field: null, code: 'LABEL_UNKNOWN', detail: `class_names does not have "${label.slice(0, 128)}"` });
    return false;
  });
  const odd = kept.find(({ label }) => label.length > 128 || !VISIBLE.test(label));
  if (odd) throw wrong(`"${odd.label.slice(0, 128)}" cannot be the name of a class: 1 to 128 visible characters are`);
  if (kept.length === 0) throw ServiceError.of('NO_PICTURES', file, problems.count > 0 ? `${problems.count} files or lines were left out` : NEEDED);
  return kept;
}

interface Labels {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The entry it is, where it lies in the archive. */
  readonly entry?: ArchiveEntry;
  /** Of the archive, ending in a slash, that its paths start from. */
  readonly folder: string;
}

/** The file of labels: the one that was sent, or else one at the top of the archive, or of the folder around it. */
async function labelsOf(entries: readonly ArchiveEntry[], { labels: file }: Sent): Promise<Labels | undefined> {
  if (file) return { name: file.name, bytes: await gathered(contentOf(file.path), file.name), folder: '' };
  const found: Labels[] = [];
  for (const entry of entries) {
    const { name } = entry;
    if (!/\.(csv|tsv|jsonl|ndjson)$/i.test(name) || name.split('/').length > 2) continue;
    const bytes = await gathered(entry.content(), name);
    const folder = dirname(name) === '.' ? '' : `${dirname(name)}/`;
    if (startsAsLabels(bytes)) found.push({ name, bytes, entry, folder });
  }
  if (found.length > 1) throw wrong(`found ${found.map(({ name }) => `"${name}"`).join(', ')}; needed is one file of labels`);
  return found[0];
}

async function gathered(content: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > MOST_LABELS_BYTES) throw wrong(`"${name}" is larger than ${sizeText(MOST_LABELS_BYTES)}`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
