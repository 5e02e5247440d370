// rootstock models predict
import { extname } from 'node:path';
import type { Command } from 'commander';
import type { Asked, Predictions } from '../../client/index.js';
import { isJob, wholeNumber } from '../arguments.js';
import { shortNumber, table } from '../output.js';
import { documentAt, filesAt, textAt } from '../read-files.js';
import { run, UsageError } from '../session.js';

export const modelsPredict = (models: Command): Command =>
  models
    .command('predict')
    .description('what a model, or a job so far, says of new examples')
    .argument('<id>', 'the model, or a job')
    .argument('<files...>', 'pictures; or one .csv; or one .json with {"instances": […]}, "-" for that on stdin')
    .option('--top-k <number>', 'how many classes are listed', wholeNumber)
    .action((id: string, files: string[], { topK }: { topK?: number }, command: Command) =>
      run(command, async ({ client, signal, show }) => {
        const asked = { ...(await askedOf(files)), ...(topK !== undefined && { top_k: topK }) };
        const resource = isJob(id) ? client.jobs : client.models;
        show(await resource.predict(id, asked, { signal }), showPredictions);
      }, files),
    );

async function askedOf(files: readonly string[]): Promise<Asked> {
  const [first = '-'] = files;
  const kind = extname(first).toLowerCase();
  if (first !== '-' && kind !== '.json' && kind !== '.csv') return { files: await filesAt(files) };
  if (files.length > 1) throw new UsageError('Of .csv and .json one file is taken.');
  return kind === '.csv' ? { csv: await textAt(first) } : ((await documentAt(first)) as Asked);
}

const showPredictions = ({ data, names }: Predictions): void =>
  table(
    data.map((one, at) =>
      'values' in one
        ? { row: at, ...Object.fromEntries(one.values.map((value, of) => [names?.[of] ?? `value ${of}`, shortNumber(value)])) }
        : { row: at, label: one.label ?? one.index, probability: one.probability === null ? null : shortNumber(one.probability) }),
    'Nothing was asked.',
  );
