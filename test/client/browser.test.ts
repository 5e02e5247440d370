// The client in a real browser, on a page of another origin: what CORS_ORIGINS lets it do, and does not.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { CHROMIUM, openBrowser } from '../support/browser.js';
import { Service } from '../support/service.js';
import { bundle } from './bundle.js';
import { petsTable } from './given.js';

jest.setTimeout(120_000);

/** Sites of somebody else: pages with the client and nothing on them. */
async function site(): Promise<string> {
  const script = await bundle();
  const server = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? script : '<!doctype html><title>a page</title><script src="/client.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sites.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const sites: (() => void)[] = [];
afterAll(() => sites.forEach((close) => close()));

const API_KEY = 'a-key-of-pages';

(CHROMIUM === undefined ? describe.skip : describe)('the client in a browser', () => {
  let service: Service;
  let allowed: Page;
  let stranger: Page;
  beforeAll(async () => {
    const [ours, other] = [await site(), await site()];
    service = await Service.start({ API_KEY, CORS_ORIGINS: ours });
    const browser = await openBrowser();
    [allowed, stranger] = [await browser.newPage(), await browser.newPage()];
    await allowed.goto(ours);
    await stranger.goto(other);
  }, 120_000);

  /** Runs in the page what is written, with a client as `rootstock`; `data` is what it needs. */
  const inPage = (page: Page, code: string, data = ''): Promise<unknown> =>
    page.evaluate(`(async (data) => {
      const rootstock = new client.Rootstock({ url: ${JSON.stringify(service.url)}, apiKey: ${JSON.stringify(API_KEY)}, maxRetries: 0 });
      ${code}
    })(${JSON.stringify(data)})`);

  it('sends a file, trains on it, follows its events, and predicts', async () => {
    const code = `
      const sent = await rootstock.datasets.upload([{ name: 'pets.csv', data: new Blob([data]) }], { table: { target: 'label' } });
      const dataset = await rootstock.datasets.wait(sent.id);
      const job = await rootstock.jobs.submit({ type: 'pretrain', dataset: dataset.id, model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 2 } });
      const types = [];
      for await (const { type } of job.events()) types.push(type);
      const { status, model } = await job.wait();
      const { data: found } = await rootstock.models.predict(model, { csv: 'age,weight\\n3,2\\n', top_k: 1 });
      return { types, status, label: found[0].label };
    `;
    const { types, status, label } = (await inPage(allowed, code, petsTable())) as { types: string[]; status: string; label: string };
    expect(types.filter((type) => ['job.queued', 'epoch.finished', 'job.succeeded'].includes(type))).toEqual(['job.queued', 'epoch.finished', 'epoch.finished', 'job.succeeded']);
    expect(status).toBe('succeeded');
    expect(['cat', 'dog']).toContain(label);
  });

  it('sends what is larger in pieces, and reads files whole', async () => {
    const code = `
      const upload = await rootstock.uploads.send({ name: 'large.csv', data: new Blob(['x'.repeat(9 * 2 ** 20)]) });
      const [{ id: model }] = (await rootstock.models.list({ limit: 1 }).page()).data;
      const labels = await (await rootstock.models.file(model, 'labels.json')).text();
      return { upload: typeof upload, labels: JSON.parse(labels) };
    `;
    expect(await inPage(allowed, code)).toEqual({ upload: 'string', labels: ['cat', 'dog'] });
  });

  it('reads the code and the id of a failure', async () => {
    const code = 'return rootstock.jobs.get("job_00000000000000000000000000000000").catch(({ name, code, requestId }) => ({ name, code, requestId }));';
    expect(await inPage(allowed, code)).toEqual({ name: 'NotFoundError', code: 'JOB_NOT_FOUND', requestId: expect.stringMatching(/^req_/) });
  });

  it('is let through by the browser on no page of another origin', async () => {
    expect(await inPage(stranger, 'return rootstock.system.get().catch(({ name }) => name);')).toBe('ConnectionError');
  });
});
