// rootstock datasets preview
import { dirname, basename } from 'node:path';
import type { Command } from 'commander';
import { Download } from '../../client/index.js';
import { print } from '../output.js';
import { save } from '../save.js';
import { run } from '../session.js';

export const datasetsPreview = (datasets: Command): Command =>
  datasets
    .command('preview')
    .description('save a sheet of some pictures of each class')
    .argument('<id>', 'the data set')
    .option('-o, --output <file>', 'where to', 'preview.png')
    .action((id: string, { output }: { output: string }, command: Command) =>
      run(command, async ({ client, signal, show }) => {
        const sheet = await client.datasets.preview(id, { signal });
        const named = new Download(basename(output), sheet.size_bytes, sheet.sha256, sheet);
        show(await save(dirname(output), named), ({ path }) => print(path));
      }),
    );
