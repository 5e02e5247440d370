// rootstock jobs predictions
import type { Command } from 'commander';
import type { ExamplePrediction, PredictionFilter } from '../../client/index.js';
import { wholeNumber } from '../arguments.js';
import { firstOf } from '../list.js';
import { shortNumber, table } from '../output.js';
import { run } from '../session.js';

const USUAL = 20;
const MOST_OF_A_PAGE = 1000;

type Options = Pick<PredictionFilter, 'sort' | 'true' | 'predicted'> & { limit: number };

export const jobsPredictions = (jobs: Command): Command =>
  jobs
    .command('predictions')
    .description('what the model of a job said of each test example')
    .argument('<id>', 'the job')
    .option('--sort <order>', 'by index, or by loss: the greatest first')
    .option('--true <class>', 'examples of this class')
    .option('--predicted <class>', 'examples for which this class was predicted')
    .option('--limit <number>', 'how many at most', wholeNumber, USUAL)
    .action((id: string, { limit, ...cell }: Options, command: Command) =>
      run(command, async ({ client, signal, showEach }) => {
        const filter: PredictionFilter = { ...cell, limit: Math.max(1, Math.min(limit, MOST_OF_A_PAGE)) };
        showEach(await firstOf(client.jobs.predictions(id, filter, { signal }), limit), showPredictions);
      }),
    );

const numberText = (value: number | null): string | null => (value === null ? null : shortNumber(value));
const numbersText = (values: readonly (number | null)[]): string => values.map((value) => numberText(value) ?? '-').join(', ');

const showPredictions = (found: readonly ExamplePrediction[]): void =>
  table(
    found.map((one) =>
      'error' in one
        ? { index: one.index, true: numbersText(one.true), predicted: numbersText(one.predicted), error: numbersText(one.error), loss: numberText(one.loss) }
        : { index: one.index, true: one.true, predicted: one.predicted, probability: numberText(one.probability), loss: numberText(one.loss) }),
    'There are no such examples.',
  );
