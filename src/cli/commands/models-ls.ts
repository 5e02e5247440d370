// rootstock models ls
import type { Command } from 'commander';
import { filterOf, firstOf, listCommand, type ListOptions } from '../list.js';
import { table } from '../output.js';
import { run } from '../session.js';

export const modelsLs = (models: Command): Command =>
  listCommand(models, 'models').action((options: ListOptions, command: Command) =>
    run(command, async ({ client, signal, showEach }) => {
      const found = await firstOf(client.models.list(filterOf(options), { signal }), options.limit);
      showEach(found, (shown) =>
        table(shown.map((model) => ({ id: model.id, name: model.name, version: model.status === 'ready' ? (model.version ?? null) : null, status: model.status, parameters: model.status === 'ready' ? model.parameters : null, created: model.created_at })), 'There are no such models.'));
    }),
  );
