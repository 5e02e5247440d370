// rootstock models lineage
import type { Command } from 'commander';
import type { Lineage } from '../../client/index.js';
import { note, table } from '../output.js';
import { run } from '../session.js';

export const modelsLineage = (models: Command): Command =>
  models
    .command('lineage')
    .description('where a model came from, and what came of it')
    .argument('<id>', 'the model')
    .action((id: string, _: unknown, command: Command) => run(command, async ({ client, signal, show }) => show(await client.models.lineage(id, { signal }), showLineage)));

/** A row for each thing, with what leads to it. */
function showLineage({ nodes, edges, truncated }: Lineage): void {
  const rows = nodes.map(({ type, id, name, status, deleted }) => {
    const ways = edges.filter(({ to }) => to === id).map(({ relation, from }) => `${relation} ${from}`);
    return { type, id, name, status: deleted ? 'deleted' : status, 'came of': ways.join(', ') || null };
  });
  table(rows, 'There is nothing.');
  if (truncated) note('There is more: the nearest are told.');
}
