// rootstock models show
import type { Command } from 'commander';
import { run } from '../session.js';
import { showModel } from '../show.js';

export const modelsShow = (models: Command): Command =>
  models
    .command('show')
    .description('one model')
    .argument('<id>', 'the model, by its id, an alias or a version such as digits@3')
    .action((id: string, _: unknown, command: Command) => run(command, async ({ client, signal, show }) => show(await client.models.get(id, { signal }), showModel)));
