// The real service tells a receiver what its jobs came to, also when it is killed in the middle (reliability.md F31).
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { askServer } from '#queue/ask-server.js';
import { queueSocketPath } from '#queue/socket-path.js';
import type { Delivery, WebhookWithSecret } from '#contract/webhook.js';
import { answering, Receiver } from '../support/receiver.js';
import { pretrain } from '../support/requests.js';
import { dataFolder, Service } from '../support/service.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(180_000);

/** What the queue has lost is looked for each second, and a try follows another after a quarter of the usual time: a good second at first. */
const SETTINGS = { ALLOW_PRIVATE_ADDRESSES: '1', RECONCILE_SECONDS: '1', WEBHOOK_HOURS: '18.75', LOG_LEVEL: 'trace' };

let folder: string;
let service: Service;
let dataset: string;
beforeAll(async () => {
  folder = await dataFolder();
  service = await Service.start({ ...SETTINGS, DATA_DIR: folder });
  dataset = (await service.generated('glyph_digits', 300)).id;
}, 120_000);

const made = async (url: string, events: string[]): Promise<WebhookWithSecret> => (await service.post('/v1/webhooks', { url, events })).json<WebhookWithSecret>();
const deliveries = async (id: string): Promise<Delivery[]> => (await service.get(`/v1/webhooks/${id}/deliveries`)).json<{ data: Delivery[] }>().data;
const cancelled = async (): Promise<string> => {
  const { id } = await service.submit(pretrain(dataset, { training: { epochs: 5_000 } }));
  await service.post(`/v1/jobs/${id}/cancel`);
  return id;
};

describe('The service', () => {
  it('tells of a job that runs and succeeds, with the model that it made', async () => {
    const receiver = await Receiver.open();
    const { id, secret } = await made(receiver.url, ['job.running', 'job.succeeded', 'dataset.ready']);
    const job = await service.succeeds(pretrain(dataset, { name: 'first' }));
    const letters = await service.generated('glyph_letters', 300);
    await until('all three are delivered', async () => (await deliveries(id)).filter(({ status }) => status === 'delivered').length === 3);
    const told = new Map(receiver.payloads(secret).map(({ type, data }) => [type, data]));
    expect(told.get('job.running')).toMatchObject({ job: { id: job.id, name: 'first' }, attempt: 1 });
    expect(told.get('job.succeeded')).toMatchObject({ job: { id: job.id, type: 'pretrain' }, model: job.model, stop_reason: 'completed', metrics: job.metrics });
    expect(told.get('dataset.ready')).toMatchObject({ dataset: { id: letters.id } });
    expect(receiver.received).toHaveLength(3);
    await service.delete(`/v1/webhooks/${id}`);
  });

  it('sends what was to be tried again after all of Redis was lost (F31)', async () => {
    const receiver = (await Receiver.open()).reacts(answering(500));
    const { id } = await made(receiver.url, ['job.cancelled']);
    await cancelled();
    await until('it was tried', async () => (await deliveries(id)).some(({ tries }) => tries.length === 1));
    expect(await askServer(await queueSocketPath(folder), 'FLUSHALL', 2_000)).toBe('+OK');
    await until('it is delivered', async () => (await deliveries(id)).some(({ status }) => status === 'delivered'), 60_000);
    expect(receiver.received).toHaveLength(2);
    expect(new Set(receiver.ids).size).toBe(1);
    await service.delete(`/v1/webhooks/${id}`);
  });

  it('that is killed while a receiver has an event and has not answered sends it again, with the same id (F31)', async () => {
    const before = service;
    let killed: Promise<unknown> | undefined;
    const receiver = (await Receiver.open()).reacts(() => void (killed = before.kill()));
    const { id, secret } = await made(receiver.url, ['job.cancelled']);
    const job = await cancelled();
    await until('it has come', () => receiver.received.length === 1);
    await killed;

    service = await Service.start({ ...SETTINGS, DATA_DIR: folder });
    await until('it is delivered', async () => (await deliveries(id)).some(({ status }) => status === 'delivered'), 60_000);
    const delivery = (await deliveries(id))[0]!;
    expect(receiver.ids).toEqual([delivery.event, delivery.event]);
    expect(receiver.payloads(secret).map(({ data }) => (data.job as { id: string }).id)).toEqual([job, job]);
    // Of the first nothing could be written down.
    expect(delivery.tries).toHaveLength(1);

    const text = (await before.ending).stderr + (await service.stop()).stderr;
    expect(text).toContain('"level"');
    expect(text).not.toMatch(/whsec_|v1,[A-Za-z0-9+/]{20}/);
    expect(text).not.toContain(secret.slice('whsec_'.length));
  });
});
