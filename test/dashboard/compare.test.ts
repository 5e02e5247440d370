// Jobs side by side on the dashboard.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CHROMIUM } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import type { PlanJob } from '../support/plan-job.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const HOSTILE = '<script>document.title="had"</script>';

(CHROMIUM === undefined ? describe.skip : describe)('jobs that are compared on the dashboard', () => {
  let service: Service;
  let dashboard: Dashboard;
  const jobs: PlanJob[] = [];
  beforeAll(async () => {
    service = await Service.start();
    const dataset = (await service.generated('glyph_digits', 600)).id;
    for (const [name, units, learning_rate] of [['small', 8, 0.001], [HOSTILE, 16, 0.003], ['large', 32, 0.03]] as const) {
      jobs.push(await service.succeeds({ type: 'pretrain', name, dataset, model: { architecture: 'mlp', hidden: [units] }, training: { epochs: 2, validation_split: 0.1, optimizer: { name: 'adam', learning_rate } } }));
    }
    dashboard = await Dashboard.open(service.url);
  }, 120_000);

  const address = (): string => `/compare?ids=${jobs.map(({ id }) => id).join()}`;
  const table = (label: string) => dashboard.page.getByRole('region', { name: label, exact: true });

  it('are chosen in the list', async () => {
    const { page } = dashboard;
    await dashboard.go('/jobs');
    await page.getByRole('checkbox', { name: 'Choose small' }).check();
    await page.getByRole('checkbox', { name: 'Choose large' }).check();
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'Compare jobs' }).waitFor();
    await until('both are there', async () => ((await page.locator('.keys li').count()) === 2 ? true : undefined));
  });

  it('have the curves of one metric on one chart, looked at as the address says', async () => {
    const { page } = dashboard;
    await dashboard.go(address());
    const curve = page.getByRole('img', { name: /^val accuracy: / });
    expect((await curve.getAttribute('aria-label'))!.split(';')).toHaveLength(3);
    await page.getByRole('combobox', { name: 'Metric' }).selectOption('val_loss');
    await page.getByRole('combobox', { name: 'Axis' }).selectOption('epoch');
    await page.getByRole('img', { name: /^val loss: .*at 2 points/ }).waitFor();
    expect(page.url()).toMatch(/metric=val_loss.*axis=epoch/);
    await page.reload();
    await page.getByRole('img', { name: /^val loss: .*at 2 points/ }).waitFor();
  });

  it('are drawn or not by the legend, and looked at closer where the pointer is drawn over them', async () => {
    const { page } = dashboard;
    await dashboard.go(address());
    const shown = page.locator('.legend').getByRole('button', { name: 'large' });
    await shown.click();
    expect(await shown.getAttribute('aria-pressed')).toBe('false');
    const { x, y } = (await page.locator('.curves').boundingBox())!;
    await page.mouse.move(x + 200, y + 80);
    await page.mouse.down();
    await page.mouse.move(x + 500, y + 90, { steps: 3 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Whole' }).waitFor();
    await page.locator('.curves').dblclick();
    await page.getByRole('button', { name: 'Whole' }).waitFor({ state: 'detached' });
  });

  it('have the best of each metric marked by a word', async () => {
    await dashboard.go(address());
    const best = jobs.map(({ metrics }) => metrics.test_loss!).reduce((least, loss, at, all) => (loss < all[least]! ? at : least), 0);
    const cells = table('Metrics of the jobs').locator('tbody tr', { hasText: 'test loss' }).locator('td');
    expect((await cells.allTextContents()).slice(1).map((text) => text.includes('best'))).toEqual(jobs.map((_, at) => at === best));
  });

  it('show in what they differ, and all the rest where it is asked for', async () => {
    const { page } = dashboard;
    await dashboard.go(address());
    const rows = table('Differences of the jobs').locator('tbody tr');
    await rows.first().waitFor();
    expect((await rows.locator('code').allTextContents()).sort()).toEqual(['architecture/layers/dense_1/config/units', 'stages/0/learning_rate']);
    await page.getByLabel('also what is the same').check();
    await until('more rows are there', async () => ((await rows.count()) > 10 ? true : undefined));
    expect(page.url()).toContain('diff=all');
  });

  it('are lines across the numbers that differ', async () => {
    const { page } = dashboard;
    await dashboard.go(address());
    const drawing = page.getByRole('img', { name: /^Parallel coordinates of small, .* by architecture\/layers\/dense_1\/config\/units, stages\/0\/learning_rate, test loss/ });
    await until('each job has its line', async () => ((await drawing.locator('path').count()) === 3 ? true : undefined));
    await expectFit(dashboard, 'compare');
    expect(await page.title()).toBe('Compare jobs · Rootstock');
  });

  it('are left out one by one, and one that is gone does not hide the others', async () => {
    const { page } = dashboard;
    await dashboard.go(`${address()},job_00000000000070008000000000000000`);
    await page.getByText('JOB_NOT_FOUND').waitFor();
    await until('the others are there', async () => ((await page.locator('.keys li').count()) === 3 ? true : undefined));
    await page.getByRole('button', { name: 'Leave out small' }).click();
    await until('two are left', async () => ((await page.locator('.keys li').count()) === 2 ? true : undefined));
    expect(page.url()).not.toContain(jobs[0]!.id);
  });

  it('are two at least', async () => {
    await dashboard.go(`/compare?ids=${jobs[0]!.id}`);
    await dashboard.page.getByText('Two to 6 jobs can be compared').waitFor();
    await expectFit(dashboard, 'compare-empty');
  });

  afterAll(async () => void expect(dashboard?.complaints ?? []).toEqual([]));
});
