// Which files of an archive are pictures, of which class and part, and in what order their rows come.
import type { ArchiveEntry } from '../../archive.js';
import { inNaturalOrder } from '../../natural-order.js';
import { partNamed } from '../../part-names.js';
import type { PartName } from '../../../contract/parts.js';
import type { RowProblem } from '../../../contract/row-problem.js';
import type { LabelLine } from './labels-file.js';

export interface PlacedPicture {
  readonly entry: ArchiveEntry;
  /** null where the archive has no folders of parts. */
  readonly part: PartName | null;
  readonly label: string;
}

export interface Layout {
  /** In the order of their rows. */
  readonly pictures: readonly PlacedPicture[];
  /** Of files that are left out. */
  readonly problems: readonly LayoutProblem[];
}

export type LayoutProblem = Pick<RowProblem, 'code' | 'detail'> & { readonly entry: string } | Pick<RowProblem, 'code' | 'detail'> & { readonly line: number };

/** A file and the steps of its path that count. */
interface Located {
  readonly entry: ArchiveEntry;
  readonly steps: readonly string[];
}

const LEFT_BEHIND = /^(__macosx|thumbs\.db|desktop\.ini|\..*)$/i;
const PICTURE_NAME = /\.(jpe?g|jfif|png|webp|gif|bmp|dib|heic|heif|avif|tiff?|svg)$/i;

/** What systems leave behind in folders. */
export const isLeftBehind = (name: string): boolean => name.split('/').some((step) => LEFT_BEHIND.test(step));

const partOf = ({ steps: [first = ''] }: Located): PartName | undefined => partNamed(first);
const inFolders = (files: readonly Located[], depth: number): Located[] => files.filter(({ steps }) => steps.length > depth);
const below = (files: readonly Located[]): Located[] => files.map(({ entry, steps }) => ({ entry, steps: steps.length > 1 ? steps.slice(1) : steps }));

/** The files without the one folder around them all, where there is one. What lies beside that folder stays. @param depth folders that must remain */
function unwrapped(entries: readonly ArchiveEntry[], depth: number): Located[] {
  const files = entries.map((entry) => ({ entry, steps: entry.name.split('/') }));
  const folders = new Set(inFolders(files, 1).map(({ steps }) => steps[0]));
  const enclosing = folders.size === 1 && inFolders(files, 1 + depth).length > 0 && !inFolders(files, 1).some(partOf);
  return enclosing ? below(files) : files;
}

/** The part of each file, and its path below the folder of that; null where some folder is none of a part. @param depth folders that must remain */
function inParts(files: readonly Located[], depth: number): PartName[] | null {
  const located = inFolders(files, 1);
  const parts = located.map(partOf);
  return parts.length > 0 && parts.every((part) => part !== undefined) && inFolders(files, 1 + depth).length > 0 ? files.map((file) => partOf(file)!) : null;
}

/**
 * By class folders, in one more folder or not, below folders of parts or not; what lies deeper is of the class above it. Rows are in the
 * natural order of the path below the class folder, whatever the class; of equal paths in the order of the classes.
 */
export function byFolders(entries: readonly ArchiveEntry[]): Layout {
  const files = unwrapped(entries, 1);
  const parts = inParts(files, 1);
  const found: (PlacedPicture & { path: string })[] = [];
  const problems: LayoutProblem[] = [];
  files.forEach(({ entry, steps }, at) => {
    const [label, ...path] = parts ? steps.slice(1) : steps;
    if (label !== undefined && path.length > 0) found.push({ entry, part: parts?.[at] ?? null, label, path: path.join('/') });
    // A list, a licence or a word about the data may lie beside the folders.
    else if (PICTURE_NAME.test(entry.name)) problems.push({ entry: entry.name, code: 'LABEL_MISSING', detail: 'it lies in no class folder' });
  });
  return { pictures: inNaturalOrder(inNaturalOrder(found, ({ label }) => label), ({ path }) => path), problems };
}

/** As the lines of a file say, in their order. @param folder in the archive that the paths start from; those that start from its root are found too */
export function byLines(entries: readonly ArchiveEntry[], lines: readonly LabelLine[], folder: string): Layout {
  const files = unwrapped(entries, 0);
  const find = finder(entries, folder);
  const parts = inParts(files, 0);
  const partOfEntry = new Map(files.map(({ entry }, at) => [entry, parts?.[at] ?? null]));
  const labels = new Map<ArchiveEntry, PlacedPicture>();
  const problems: LayoutProblem[] = [];
  for (const { line, path, label } of lines) {
    const entry = find(path);
    if (!entry) problems.push({ line, code: 'PICTURE_MISSING', detail: `the archive holds no "${path.slice(0, 200)}"` });
    else if (labels.has(entry) && labels.get(entry)!.label !== label) problems.push({ line, code: 'LABEL_UNKNOWN', detail: `an earlier line gives "${entry.name}" another label` });
    else if (!labels.has(entry)) labels.set(entry, { entry, part: partOfEntry.get(entry) ?? null, label });
  }
  for (const entry of entries) {
    if (!labels.has(entry) && PICTURE_NAME.test(entry.name)) problems.push({ entry: entry.name, code: 'LABEL_MISSING', detail: 'no line gives it a label' });
  }
  return { pictures: [...labels.values()], problems };
}

/** Finds a file by its path, from the folder or from the root; by its name alone where only one is called so. */
function finder(entries: readonly ArchiveEntry[], folder: string): (path: string) => ArchiveEntry | undefined {
  const byPath = new Map(entries.map((entry) => [entry.name, entry]));
  const byName = new Map<string, ArchiveEntry | undefined>();
  for (const entry of entries) {
    const name = entry.name.slice(entry.name.lastIndexOf('/') + 1);
    byName.set(name, byName.has(name) ? undefined : entry);
  }
  return (written) => {
    const path = written.replaceAll('\\', '/').split('/').filter((step) => step !== '' && step !== '.').join('/');
    return byPath.get(folder + path) ?? byPath.get(path) ?? (path.includes('/') ? undefined : byName.get(path));
  };
}
