// rootstock models versions
import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import { filterOf, firstOf, USUAL, type ListOptions } from '../list.js';
import { table } from '../output.js';
import { run } from '../session.js';

export const modelsVersions = (models: Command): Command =>
  models
    .command('versions')
    .description('all versions of a name, newest first')
    .argument('<name>', 'the very name')
    .option('--limit <number>', 'how many at most', wholeNumber, USUAL)
    .action((name: string, options: ListOptions, command: Command) =>
      run(command, async ({ client, signal, showEach }) => {
        const found = await firstOf(client.models.versions(name, filterOf(options), { signal }), options.limit);
        showEach(found, (shown) =>
          table(shown.map(({ id, model, deleted, stage, aliases, created_at: given }) => ({ id, model: deleted ? 'deleted' : model, stage, aliases: aliases.join(', ') || null, given })), 'No model was ever given this name.'));
      }),
    );
