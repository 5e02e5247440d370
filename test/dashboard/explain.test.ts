// Explanations on the dashboard: each example beside what the model goes by in it.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ExplainReport } from '#contract/explain-report.js';
import { CHROMIUM } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

const TABLE = ['width,letter,kind', ...Array.from({ length: 240 }, (_, at) => `${(at % 2) + ((at * 7) % 10) / 20},${['x', 'y', 'z'][(at * 31) % 3]!},${at % 2 === 0 ? 'even' : 'odd'}`)].join('\n');

(CHROMIUM === undefined ? describe.skip : describe)('an explanation on the dashboard', () => {
  let service: Service;
  let dashboard: Dashboard;
  beforeAll(async () => {
    service = await Service.start();
    dashboard = await Dashboard.open(service.url);
  }, 180_000);
  afterAll(() => {
    expect(dashboard.complaints).toEqual([]);
    expect(dashboard.strangers).toEqual([]);
  });

  it('shows each example, its maps, and what it is most like', async () => {
    const { page } = dashboard;
    const { id: dataset } = await service.generated('glyph_digits', 600);
    const { model } = await service.succeeds({ type: 'pretrain', dataset, model: { architecture: 'cnn' }, training: { epochs: 1 } });
    const { id } = await service.succeeds({ type: 'explain', model, dataset, worst: 2 });
    const { examples } = (await service.get(`/v1/jobs/${id}/report`)).json<ExplainReport>();
    await dashboard.go(`/jobs/${id}`);
    await page.getByRole('link', { name: 'Result', exact: true }).waitFor();
    for (const { example, output } of examples) {
      const one = page.getByRole('region', { name: `Example ${example.index}`, exact: true });
      await one.scrollIntoViewIfNeeded();
      for (const method of ['Integrated gradients', 'Grad-CAM', 'Occlusion']) await one.getByRole('img', { name: `${method} of example ${example.index}, for ${output.name}` }).waitFor();
      await one.getByText('Nearest in training').scrollIntoViewIfNeeded();
      await until('the nearest are drawn', async () => ((await one.locator('.gallery').nth(1).locator('canvas').count()) === 5 ? true : undefined));
    }
    await expectFit(dashboard, 'report-explain');
  });

  it('of a table lists its columns by what they are worth', async () => {
    const { page } = dashboard;
    const { id: dataset } = await service.uploaded([{ name: 'kinds.csv', bytes: Buffer.from(TABLE) }], [['table', '{"target":"kind"}']]);
    const { model } = await service.succeeds({ type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 10 } });
    const { id } = await service.succeeds({ type: 'explain', model, dataset, worst: 1 });
    await dashboard.go(`/jobs/${id}`);
    const rows = page.getByRole('region', { name: 'Columns by importance', exact: true }).locator('tbody tr');
    await rows.first().waitFor();
    expect((await rows.allTextContents()).map((text) => text.replace(/[+−\d].*$/u, '')).sort()).toEqual(['letter', 'width']);
    await page.locator('.gallery .row-values dt', { hasText: 'letter' }).first().waitFor();
    await expectFit(dashboard, 'report-explain-table');
  });
});
