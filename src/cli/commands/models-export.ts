// rootstock models export
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AnyJobRequest } from '../../client/index.js';
import { EXPORT_FORMATS, QUANTISED_BY, QUANTISED_TYPES, type ExportFormat, type Quantisation } from '../../contract/export-format.js';
import { pull } from '../pull.js';
import { reportOf } from '../report-of.js';
import { run } from '../session.js';

interface Options {
  to: ExportFormat;
  quantize?: Quantisation['dtype'];
  by?: Quantisation['by'];
  maxDrop?: number;
  dataset?: string;
  output?: string;
  detach?: boolean;
}

function numberIn(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It is no number.');
  return number;
}

export const modelsExport = (models: Command): Command =>
  models
    .command('export')
    .description('have a model in another format, verified in its own runtime, and save its files')
    .argument('<model>', 'which, by its id, an alias or a version such as digits@3')
    .addOption(new Option('--to <format>', 'the format').choices(EXPORT_FORMATS).makeOptionMandatory())
    .addOption(new Option('--quantize <dtype>', 'of tfjs_layers: weights in fewer bits').choices(QUANTISED_TYPES))
    .addOption(new Option('--by <what>', 'whether levels are of the whole weight or of each channel (default: tensor)').choices(QUANTISED_BY))
    .addOption(new Option('--max-drop <part>', 'accuracy that may be lost').argParser(numberIn))
    .option('--dataset <id>', 'whose test part accuracy is measured on')
    .option('-o, --output <folder>', 'where to (default: a folder of the name of the job)')
    .option('--detach', 'only submit it')
    .action((model: string, { to, quantize, by, maxDrop, dataset, output, detach }: Options, command: Command) =>
      run(command, async (session) => {
        const { client, signal } = session;
        const request: AnyJobRequest = {
          type: 'export',
          model,
          format: to,
          ...(quantize !== undefined && { quantize: { dtype: quantize, ...(by !== undefined && { by }) } }),
          ...(maxDrop !== undefined && { max_drop: maxDrop }),
          ...(dataset !== undefined && { dataset }),
        };
        const { ending, report } = await reportOf(session, request, detach);
        if (report?.object !== 'export_report') return ending;
        await pull(session, output ?? report.job, report.files.map(({ name }) => name), (name, onProgress) => client.jobs.artifact(report.job, name, { signal, onProgress }));
        return 'ok';
      }),
    );
