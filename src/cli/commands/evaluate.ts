// rootstock evaluate
import type { Command } from 'commander';
import type { AnyJobRequest } from '../../client/index.js';
import { modelNamed } from '../arguments.js';
import { reportOf } from '../report-of.js';
import { run } from '../session.js';

interface Options {
  against?: string;
  part?: 'train' | 'validation' | 'test' | 'all';
  slices?: string[];
  detach?: boolean;
}

export const evaluate = (program: Command): Command =>
  program
    .command('evaluate')
    .description('measure a model on a data set, and print its metrics')
    .argument('<model>', 'a model, by its id, an alias or a version such as digits@3, or a job that made one')
    .argument('<dataset>', 'the data set')
    .option('--against <model>', 'another, to hold it against on the same examples')
    .option('--part <part>', 'train, validation, test or all (default: test)')
    .option('--slices <column...>', 'columns to tell the examples apart by, or "class"')
    .option('--detach', 'only submit it')
    .action((model: string, dataset: string, { against, detach, ...asked }: Options, command: Command) =>
      run(command, async (session) => {
        const request: AnyJobRequest = { type: 'evaluate', model: modelNamed(model), dataset, ...(against !== undefined && { against: modelNamed(against) }), ...asked };
        return (await reportOf(session, request, detach)).ending;
      }),
    );
