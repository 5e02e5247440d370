// What a format must offer. A new format is one file beside this one and one line in registry.ts.
import type { DatasetSource, FILE_FORMATS, PicturesWanted, TableWanted } from '../../contract/dataset.js';
import type { Task } from '../../contract/task.js';
import type { RawDataset } from '../raw-dataset.js';
import type { RowProblems } from '../row-problems.js';
import type { FileHead, SourceFile } from '../source-file.js';

export interface ReadOptions {
  /** Names of the classes in label order; null takes what the files say, or else "0", "1", …. */
  readonly classNames: readonly string[] | null;
  /** What the labels are to be; undefined lets the files decide. */
  readonly task: Task | undefined;
  /** Most bytes the data set may have once unpacked, in the training format. */
  readonly maxBytes: number;
  /** Where rows that cannot be read are told; it throws where the request wants none left out. */
  readonly problems: RowProblems;
  /** A folder for what is needed on the way, taken away afterwards. */
  readonly scratchFolder: string;
  /** What pictures shall be made into, where the request says. */
  readonly pictures: PicturesWanted;
  /** How a table is to be read, where the request says. */
  readonly table?: TableWanted;
  /** What another table made of its columns, where this one is read like it. */
  readonly like?: NonNullable<DatasetSource['like']>;
}

export interface Reader {
  readonly name: (typeof FILE_FORMATS)[number];
  /** Whether all of these files are of this format, told by their first bytes. */
  recognises(heads: readonly FileHead[]): boolean;
  /** Whether a file that begins so may be one of this format beside others, though it is none by itself. */
  goesWithOthers?(head: FileHead): boolean;
  /** Reads all but the values of the examples, after checking what can be checked before. @throws ServiceError for whatever is wrong with them */
  read(files: readonly SourceFile[], options: ReadOptions): Promise<RawDataset>;
}
