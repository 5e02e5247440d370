// What is removed, one after another.
import type { Command } from 'commander';
import type { Rootstock } from '../client/index.js';
import { line, print } from './output.js';
import { run } from './session.js';

export const removeCommand = (parent: Command, what: 'datasets' | 'models', description: string): Command =>
  parent
    .command('rm')
    .description(description)
    .argument('<ids...>', 'which')
    .action((ids: string[], { keepDescendants }: { keepDescendants?: boolean }, command: Command) =>
      run(command, async ({ client, signal, json }) => {
        for (const id of ids) {
          await (client[what] satisfies Rootstock['datasets' | 'models']).delete(id, { signal, ...(keepDescendants && { descendants: 'keep' as const }) });
          if (json) line({ object: 'removed', id });
          else print(id);
        }
      }),
    );
