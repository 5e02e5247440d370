// rootstock datasets add
import type { Command } from 'commander';
import type { Dataset, DatasetForm } from '../../client/index.js';
import { jsonText, words, wholeNumber } from '../arguments.js';
import { LiveLine } from '../live-line.js';
import { sizeText } from '../output.js';
import { filesAt } from '../read-files.js';
import { run, UsageError, type Session } from '../session.js';
import { bar } from '../sparkline.js';
import { showDataset } from '../show.js';

interface Options {
  name?: string;
  format?: DatasetForm['format'];
  classNames?: string[];
  task?: DatasetForm['task'];
  onBadRows?: DatasetForm['on_bad_rows'];
  table?: DatasetForm['table'];
  pictures?: DatasetForm['pictures'];
  fromUrl?: string;
  sha256?: string;
  generate?: 'glyph_digits' | 'glyph_letters';
  examples?: number;
  seed?: number;
  wait?: boolean;
}

export const datasetsAdd = (datasets: Command): Command =>
  datasets
    .command('add')
    .description('make a data set of files, of an address, or of a generator')
    .argument('[files...]', 'files; large ones are sent in pieces')
    .option('--name <name>', 'its name (default: that of the first file)')
    .option('--format <format>', 'idx, npy, images, csv, jsonl or parquet (default: the content tells)')
    .option('--class-names <names>', 'names of the classes, with commas between them', words)
    .option('--task <task>', 'classification or regression (default: the labels tell)')
    .option('--on-bad-rows <what>', 'skip or refuse (default: skip)')
    .option('--table <json>', 'how a table is read, such as {"target":"species"}', jsonText)
    .option('--pictures <json>', 'what pictures are made into, such as {"height":64}', jsonText)
    .option('--from-url <url>', 'have the service fetch the one file')
    .option('--sha256 <digest>', 'what that file must have')
    .option('--generate <name>', 'glyph_digits or glyph_letters')
    .option('--examples <number>', 'how many are drawn (default: 12000)', wholeNumber)
    .option('--seed <number>', 'what they are drawn by (default: 1)', wholeNumber)
    .option('--wait', 'end when it is ready, or with 3 where it is invalid')
    .action((files: string[], options: Options, command: Command) =>
      run(command, async (session) => {
        const made = await make(session, files, options);
        session.show(options.wait ? await session.client.datasets.wait(made.id, { signal: session.signal }) : made, showDataset);
      }, files),
    );

async function make({ client, signal, curl }: Session, paths: readonly string[], options: Options): Promise<Dataset> {
  const { name, format, task, table, pictures, generate, examples, seed, fromUrl: url, sha256, classNames: class_names, onBadRows: on_bad_rows } = options;
  const sources = [paths.length > 0, url !== undefined, generate !== undefined].filter(Boolean).length;
  if (sources !== 1) throw new UsageError('Name files, or give --from-url, or --generate: one of the three.');
  const form = given({ name, format, task, table, pictures, class_names, on_bad_rows });
  if (generate !== undefined) return client.datasets.create(given({ name, generate: given({ name: generate, examples, seed }) }), { signal });
  if (url !== undefined) return client.datasets.create(given({ ...form, url, sha256 }), { signal });
  const progress = new LiveLine();
  const onProgress = ({ sent_bytes, total_bytes }: { sent_bytes: number; total_bytes: number }): void =>
    progress.set(`${bar((100 * sent_bytes) / Math.max(total_bytes, 1))}  ${sizeText(sent_bytes)} of ${sizeText(total_bytes)}`);
  try {
    // Of a request that is only printed one line is all there is.
    return await client.datasets.upload(await filesAt(paths), form, { signal, onProgress, ...(curl && { piecesFromBytes: Infinity }) });
  } finally {
    progress.clear();
  }
}

/** Without what was not said. */
const given = <T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
