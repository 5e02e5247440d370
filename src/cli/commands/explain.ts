// rootstock explain
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AnyJobRequest, ExplainReport } from '../../client/index.js';
import { EXPLAIN_METHODS, type ExplainMethod } from '../../contract/explain-method.js';
import { modelNamed } from '../arguments.js';
import { pull } from '../pull.js';
import { reportOf } from '../report-of.js';
import { run } from '../session.js';

interface Options {
  part?: 'train' | 'validation' | 'test';
  methods?: ExplainMethod[];
  examples?: number[];
  worst?: number;
  class?: string;
  output?: string;
  detach?: boolean;
}

function indexIn(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is no whole number.');
  return Number(text);
}

export const explain = (program: Command): Command =>
  program
    .command('explain')
    .description('see what in its examples a model goes by, and save the pictures')
    .argument('<model>', 'a model, by its id, an alias or a version such as digits@3, or a job that made one')
    .argument('<dataset>', 'the data set')
    .option('--part <part>', 'train, validation or test (default: test)')
    .addOption(new Option('--methods <method...>', 'ways to look at it (default: all that go)').choices(EXPLAIN_METHODS))
    .addOption(new Option('--examples <index...>', 'which (default: those of the greatest loss)').argParser((text: string, earlier: number[] | undefined) => [...(earlier ?? []), indexIn(text)]))
    .addOption(new Option('--worst <count>', 'how many of the greatest loss').argParser(indexIn))
    .option('--class <name>', 'the class, or value, that is explained (default: the one that is predicted)')
    .option('-o, --output <folder>', 'where to (default: a folder of the name of the job)')
    .option('--detach', 'only submit it')
    .action((model: string, dataset: string, { class: output, output: folder, detach, ...asked }: Options, command: Command) =>
      run(command, async (session) => {
        const request: AnyJobRequest = { type: 'explain', model: modelNamed(model), dataset, ...asked, ...(output !== undefined && { output }) };
        const { ending, report } = await reportOf(session, request, detach);
        if (!report) return ending;
        const { job, files } = report as ExplainReport;
        await pull(session, folder ?? job, files.map(({ name }) => name), (name, onProgress) => session.client.jobs.artifact(job, name, { signal: session.signal, onProgress }));
        return ending;
      }),
    );
