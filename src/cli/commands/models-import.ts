// rootstock models import
import type { Command } from 'commander';
import { words } from '../arguments.js';
import { filesAt } from '../read-files.js';
import { run, UsageError } from '../session.js';
import { showModel } from '../show.js';

interface Options {
  name?: string;
  labels?: string[];
  fromUrl?: string;
  catalogue?: string;
  outputNode?: string;
  wait?: boolean;
}

export const modelsImport = (models: Command): Command =>
  models
    .command('import')
    .description('make a model of files from elsewhere, of an address, or of the catalogue')
    .argument('[files...]', 'model.json with its shards, a zip of them, one .keras or one .h5')
    .option('--name <name>', 'its name')
    .option('--labels <names>', 'names of the classes, with commas between them', words)
    .option('--output-node <name>', 'of a Graph model, the node whose output is the feature')
    .option('--from-url <url>', 'have the service fetch it')
    .option('--catalogue <name>', 'a base model of the catalogue')
    .option('--wait', 'end when it is ready, or with 3 where it is invalid')
    .action((paths: string[], { name, labels, fromUrl: url, catalogue, outputNode, wait }: Options, command: Command) =>
      run(command, async ({ client, signal, show }) => {
        if ([paths.length > 0, url !== undefined, catalogue !== undefined].filter(Boolean).length !== 1) throw new UsageError('Name files, or give --from-url, or --catalogue: one of the three.');
        const form = { ...(name !== undefined && { name }), ...(labels && { labels }), ...(outputNode !== undefined && { output_node: outputNode }) };
        const from = catalogue !== undefined ? { catalogue } : url !== undefined ? { ...form, url } : { ...form, files: await filesAt(paths) };
        const made = await client.models.import(from, { signal });
        show(wait ? await client.models.wait(made.id, { signal }) : made, showModel);
      }, paths),
    );
