// rootstock models set
import { Option, type Command } from 'commander';
import { MODEL_STAGES, type ModelStage } from '../../contract/model.js';
import type { ModelChange } from '../../client/index.js';
import { pair, words } from '../arguments.js';
import { run, UsageError } from '../session.js';
import { showModel } from '../show.js';

interface Options {
  name?: string;
  stage?: ModelStage;
  aliases?: string;
  notes?: string;
  metadata?: Record<string, string> | false;
}

export const modelsSet = (models: Command): Command =>
  models
    .command('set')
    .description('change what is said of a model; what is not named stays, "" takes it away')
    .argument('<id>', 'the model')
    .option('--name <name>', 'its name')
    .addOption(new Option('--stage <stage>', 'how far people think it has come').choices(MODEL_STAGES))
    .option('--aliases <names>', 'all of its aliases, with commas between them')
    .option('--notes <text>', 'for people')
    .option('--metadata <key=value>', 'all of its metadata; may be repeated', pair)
    .option('--no-metadata', 'take its metadata away')
    .action((id: string, options: Options, command: Command) =>
      run(command, async ({ client, signal, show }) => {
        const change = changeOf(options);
        if (Object.keys(change).length === 0) throw new UsageError('Say what is to change: --name, --stage, --aliases, --notes or --metadata.');
        show(await client.models.update(id, change, { signal }), showModel);
      }),
    );

const changeOf = ({ name, stage, aliases, notes, metadata }: Options): ModelChange => ({
  ...(name !== undefined && { name: name || null }),
  ...(stage !== undefined && { stage }),
  ...(aliases !== undefined && { aliases: aliases === '' ? [] : words(aliases) }),
  ...(notes !== undefined && { notes: notes || null }),
  ...(metadata !== undefined && { metadata: metadata || {} }),
});
