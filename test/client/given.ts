// What examples and tests of the client find in a service: data sets, a finished job, one that takes long, a webhook.
import type { Dataset } from '#contract/dataset.js';
import type { Webhook } from '#contract/webhook.js';
import { idxBytes } from '../support/idx.js';
import { pretrain, upload } from '../support/requests.js';
import { Service } from '../support/service.js';

/** Ids. `longJob` is at work until the service ends, though its process is held still; the files of `brokenDataset` are half there. */
export interface Given {
  dataset: string;
  brokenDataset: string;
  model: string;
  finishedJob: string;
  longJob: string;
  webhook: string;
}

export async function givenService(settings: Record<string, string> = {}): Promise<{ service: Service; given: Given }> {
  const service = await Service.start({ WORKERS: '2', HANG_SECONDS: '3600', ...settings });
  const dataset = (await service.generated('glyph_digits', 600)).id;
  const finished = await service.succeeds(pretrain(dataset, { name: 'digits', model: { architecture: 'mlp', hidden: [16] } }));
  const long = await service.submit(pretrain(dataset, { name: 'long', training: { epochs: 10_000 } }));
  await service.isTraining(long.id);
  // What it learns matters to nobody, and it would take a core from all the others.
  process.kill((await service.trainingChild()).pid, 'SIGSTOP');
  const webhook = await service.post('/v1/webhooks', { url: 'https://example.com/rootstock', events: ['job.failed'] });
  const halfThere = [{ name: 'train-images', bytes: idxBytes([9, 2, 2], [0]) }, { name: 'train-labels', bytes: idxBytes([9], [0, 1, 0, 1, 0, 1, 0, 1, 0]) }];
  const broken = await upload(service.url, halfThere);
  const given = { dataset, brokenDataset: broken.json<Dataset>().id, model: finished.model!, finishedJob: finished.id, longJob: long.id, webhook: webhook.json<Webhook>().id };
  return { service, given };
}

/** A table of sixty cats and sixty dogs. */
export const petsTable = (): string =>
  ['age,weight,label', ...Array.from({ length: 60 }, (_, row) => [`${row},${row % 7},cat`, `${row},${10 + (row % 5)},dog`]).flat()].join('\n');
