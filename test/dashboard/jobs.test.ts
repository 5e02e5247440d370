// Jobs on the dashboard: submitted from its form, watched while they learn, interfered with, found again.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CHROMIUM } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import type { PlanJob } from '../support/plan-job.js';
import { dataFolder, Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const HOSTILE = '<script>document.title="had"</script> javascript:alert(1)';

(CHROMIUM === undefined ? describe.skip : describe)('jobs on the dashboard', () => {
  let service: Service;
  let dashboard: Dashboard;
  let dataset: string;
  beforeAll(async () => {
    service = await Service.start();
    dataset = (await service.generated('glyph_digits', 600)).id;
    dashboard = await Dashboard.open(service.url);
  }, 120_000);

  const long = (name: string): Promise<PlanJob> => service.submit({ type: 'pretrain', name, dataset, model: { architecture: 'mlp', hidden: [16] }, training: { epochs: 10_000, validation_split: 0.1 } });

  it('show what an empty service wants first', async () => {
    await dashboard.go('/jobs');
    await dashboard.page.getByText('No job has been submitted yet').waitFor();
    await expectFit(dashboard, 'jobs-empty');
  });

  it('are submitted from a form of the served schema, whose plan and estimate are shown before', async () => {
    const { page } = dashboard;
    await dashboard.go('/jobs/new?type=pretrain');
    await page.getByRole('heading', { name: 'What it would take' }).waitFor();
    await page.getByText('By which rule').waitFor();
    await page.getByLabel('Say more', { exact: true }).selectOption('name');
    await page.getByLabel('name', { exact: true }).fill(HOSTILE);
    await expectFit(dashboard, 'new-job');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
    await page.locator('.status', { hasText: 'succeeded' }).waitFor();
    expect(await page.title()).toBe(`${HOSTILE} · Rootstock`);
  });

  it('are refused beside the value that is wrong', async () => {
    const { page } = dashboard;
    await dashboard.go('/jobs/new?type=pretrain');
    await page.getByRole('heading', { name: 'What it would take' }).waitFor();
    await page.getByLabel('as JSON').check();
    await page.getByLabel('JSON', { exact: true }).fill(JSON.stringify({ type: 'pretrain', dataset, model: { architecture: 'mlp' }, training: { epochs: 0 } }));
    await page.getByText('/training/epochs', { exact: true }).waitFor();
    await page.getByLabel('as JSON').uncheck();
    await page.locator('.field.wrong', { hasText: 'epochs' }).waitFor();
  });

  it('are watched while their curves move, without a reload, also while the service is away for a while', async () => {
    const { page } = dashboard;
    const folder = await dataFolder();
    let away = await Service.start({ DATA_DIR: folder });
    const port = new URL(away.url).port;
    const { id: own } = await away.generated('glyph_digits', 600);
    const { id } = await away.submit({ type: 'pretrain', dataset: own, model: { architecture: 'mlp', hidden: [16] }, training: { epochs: 10_000, validation_split: 0.1 } });
    const other = await Dashboard.open(away.url);
    await other.go(`/jobs/${id}`);
    const spoken = (): Promise<string | null> => other.page.getByRole('img', { name: /^loss:/ }).getAttribute('aria-label', { timeout: 30_000 });
    const first = await spoken();
    await until('the curve has grown', async () => ((await spoken()) !== first ? true : undefined), 30_000);
    await expectFit(other, 'job-running');
    await away.stop();
    await other.page.getByText('The service does not answer').first().waitFor();
    away = await Service.start({ DATA_DIR: folder, PORT: port });
    const before = await spoken();
    await other.page.getByText('The service does not answer').first().waitFor({ state: 'detached', timeout: 60_000 });
    await until('the curve goes on', async () => ((await spoken()) !== before ? true : undefined), 60_000);
    await other.page.getByRole('button', { name: 'Cancel' }).click();
    await other.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await other.page.locator('.status', { hasText: 'cancelled' }).waitFor({ timeout: 30_000 });
    await away.stop();
    await page.bringToFront();
  });

  it('keep the zoom when points come', async () => {
    const { page } = dashboard;
    const { id } = await long('zoomed');
    await dashboard.go(`/jobs/${id}`);
    await page.getByRole('button', { name: 'Zoom in: loss' }).click({ timeout: 60_000 });
    const last = async (): Promise<string> => (await page.getByRole('img', { name: /^loss:/ }).getAttribute('aria-label'))!;
    const seen = await last();
    await until('points have come', async () => ((await last()) !== seen ? true : undefined), 30_000);
    expect(await page.getByRole('button', { name: 'Whole' }).isVisible()).toBe(true);
    await service.post(`/v1/jobs/${id}/cancel`);
  });

  it('are stopped, paused, gone on with and retried by buttons that ask where something is lost', async () => {
    const { page } = dashboard;
    const { id } = await long('handled');
    await dashboard.go(`/jobs/${id}`);
    const is = (status: string): Promise<void> => page.locator('.head .status', { hasText: status }).waitFor({ timeout: 60_000 });
    await is('running');
    await page.getByRole('button', { name: 'Pause' }).click();
    await is('paused');
    await page.getByRole('button', { name: 'Resume' }).click();
    await is('running');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'No' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await is('cancelled');
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Retry of').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click({ timeout: 60_000 });
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await is('succeeded');
  });

  it('tell their plan, events, log, checkpoints and files', async () => {
    const { page } = dashboard;
    const { id } = await service.succeeds({ type: 'pretrain', name: 'whole', dataset, model: { architecture: 'mlp' }, training: { epochs: 2 }, metadata: { team: 'a', note: '<b>javascript:alert(1)</b>' } });
    for (const [part, seen] of [['plan', 'Chosen for you'], ['events', 'job.succeeded'], ['logs', 'Level'], ['checkpoints', 'No checkpoint is kept'], ['files', 'model.json']] as const) {
      await dashboard.go(`/jobs/${id}/${part}`);
      await page.locator('main').getByText(seen).first().waitFor();
      await expectFit(dashboard, `job-${part}`);
    }
    expect(await page.locator('main').getByText('<b>javascript:alert(1)</b>', { exact: true }).count()).toBe(1);
    expect(await page.locator('a[href^="javascript:"], main b, main script').count()).toBe(0);
    const download = page.waitForEvent('download');
    await dashboard.go(`/jobs/${id}/files`);
    await page.getByRole('row', { name: /labels\.json/ }).getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('labels.json');
    // What has ended is asked for seldom.
    const asked = () => page.waitForRequest((request) => request.url().endsWith(`/v1/jobs/${id}`));
    await asked();
    const before = performance.now();
    await asked();
    expect(performance.now() - before).toBeGreaterThan(5_000);
  });

  it('are found by name, state and tag, all of it in the address', async () => {
    const { page } = dashboard;
    await dashboard.go('/jobs');
    await page.getByRole('searchbox', { name: 'Name' }).fill('whole');
    await until('one is left', async () => ((await page.locator('table.jobs tbody tr').count()) === 1 ? true : undefined));
    expect(page.url()).toContain('name=whole');
    await dashboard.go('/jobs?tag=team%3Da&status=succeeded');
    await until('one is left', async () => ((await page.locator('table.jobs tbody tr').count()) === 1 ? true : undefined));
    await dashboard.go('/jobs');
    await until('all are there', async () => ((await page.locator('table.jobs tbody tr').count()) > 3 ? true : undefined));
    await expectFit(dashboard, 'jobs');
  });

  it('are copied as requests that another program can send', async () => {
    const { page } = dashboard;
    await dashboard.go('/jobs/new?type=pretrain');
    await page.getByRole('heading', { name: 'What it would take' }).waitFor();
    await page.getByText('Copy as…').click();
    const curl = await page.locator('.popover pre').first().textContent();
    const body = /-d '(.*)'$/s.exec(curl!)![1]!;
    expect((await service.post('/v1/jobs?dry_run=true', JSON.parse(body))).status).toBe(200);
    expect(curl).toContain(`curl -X POST '${service.url}/v1/jobs'`);
  });

  it('are cloned into a form that asks for the same', async () => {
    const { page } = dashboard;
    const { id } = await service.succeeds({ type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [7] }, training: { epochs: 1, seed: 5 } });
    await dashboard.go(`/jobs/new?from=${id}&type=pretrain`);
    await page.getByLabel('as JSON').check();
    expect(JSON.parse(await page.getByLabel('JSON', { exact: true }).inputValue())).toMatchObject({ type: 'pretrain', dataset, training: { seed: 5, epochs: 1 } });
    await page.getByRole('heading', { name: 'What it would take' }).waitFor();
  });

  afterAll(async () => void expect(dashboard?.complaints ?? []).toEqual([]));
});
