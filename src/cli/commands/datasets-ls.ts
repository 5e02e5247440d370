// rootstock datasets ls
import type { Command } from 'commander';
import { filterOf, firstOf, listCommand, type ListOptions } from '../list.js';
import { table } from '../output.js';
import { run } from '../session.js';

export const datasetsLs = (datasets: Command): Command =>
  listCommand(datasets, 'data sets').action((options: ListOptions, command: Command) =>
    run(command, async ({ client, signal, showEach }) => {
      const found = await firstOf(client.datasets.list(filterOf(options), { signal }), options.limit);
      showEach(found, (shown) => table(shown.map(({ id, name, status, format, content }) => ({ id, name, status, format, examples: content?.parts.train.examples ?? null })), 'There are no such data sets.'));
    }),
  );
