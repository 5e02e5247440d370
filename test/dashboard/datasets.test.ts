// Data sets on the dashboard: drawn, sent in one piece and in many, broken off and taken up again, looked into, removed.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import { CHROMIUM } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import { dataFolder, Service } from '../support/service.js';

jest.setTimeout(120_000);

const HOSTILE = '<script>document.title="had"</script> javascript:alert(1)';
/** 120 flowers, of which two have no number where one is wanted. */
const FLOWERS = ['length,width,kind', ...Array.from({ length: 120 }, (_, at) => `${at === 7 || at === 50 ? 'long' : 1 + (at % 3) + (at % 17) / 20},${at % 5},${['rose', 'tulip', 'aster'][at % 3]}`)].join('\n');
const AS_NUMBERS = { columns: { length: 'numeric' } };

(CHROMIUM === undefined ? describe.skip : describe)('data sets on the dashboard', () => {
  let service: Service;
  let dashboard: Dashboard;
  beforeAll(async () => {
    service = await Service.start();
    dashboard = await Dashboard.open(service.url);
  }, 120_000);
  const ready = (): Promise<void> => dashboard.page.locator('.status', { hasText: 'ready' }).waitFor({ timeout: 60_000 });
  const newest = async (): Promise<Dataset> => (await service.get('/v1/datasets?limit=1')).json<{ data: Dataset[] }>().data[0]!;

  it('say what to do where there are none', async () => {
    await dashboard.go('/datasets');
    await dashboard.page.getByText('There is no data set yet').waitFor();
    await expectFit(dashboard, 'datasets-empty');
  });

  it('are drawn from a form, and their state is seen to change without a reload', async () => {
    const { page } = dashboard;
    await dashboard.go('/datasets');
    await page.getByRole('link', { name: 'Have one drawn' }).click();
    await page.getByLabel('Name').first().fill(HOSTILE);
    await page.getByLabel('Examples, 5 : 1').fill('600');
    await expectFit(dashboard, 'datasets-drawn');
    await page.getByRole('button', { name: 'Draw it' }).click();
    await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
    await ready();
    expect(await page.title()).toBe(`${HOSTILE} · Rootstock`);
  });

  it('of pictures show their classes, a sheet of samples, and one example where the sheet is pointed at', async () => {
    const { page } = dashboard;
    const { id } = await newest();
    await dashboard.go(`/datasets/${id}?part=test&index=3`);
    const classes = page.getByRole('region', { name: 'Examples of each class' });
    await classes.getByRole('rowheader', { name: '9', exact: true }).waitFor();
    const { class_name: name } = (await service.get(`/v1/datasets/${id}/examples/3?part=test`)).json<{ class_name: string }>();
    await page.getByRole('img', { name: `test 3: ${name}`, exact: true }).waitFor();
    const sheet = page.getByRole('img', { name: 'Samples, a line for each class: 0, 1, 2' });
    await expectFit(dashboard, 'dataset-pictures');
    // The first cell of the last line: of the class 9.
    const { width, height } = (await sheet.boundingBox())!;
    await sheet.click({ position: { x: width / 20, y: height - height / 20 } });
    await page.getByRole('img', { name: /^train \d+: 9$/ }).waitFor();
    expect(page.url()).toMatch(/part=train&index=\d+/);
    await page.getByRole('button', { name: 'Next' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/index=\d+/);
  });

  it('are dropped as files, with what their reading found first', async () => {
    const { page } = dashboard;
    await dashboard.go('/datasets?add=files');
    const dropped = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], 'flowers <b>.csv'));
      return transfer;
    }, FLOWERS);
    await page.locator('.drop').dispatchEvent('drop', { dataTransfer: dropped });
    await page.locator('.chosen', { hasText: 'flowers <b>.csv' }).waitFor();
    await page.getByLabel('Column to predict').fill('kind');
    await expectFit(dashboard, 'datasets-files');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    // The service has names of files without what no file system takes.
    await page.getByRole('heading', { level: 1, name: 'flowers _b_.csv' }).waitFor();
    await ready();
    expect((await newest()).source).toMatchObject({ files: [{ name: 'flowers _b_.csv' }], table: { target: 'kind' } });
  });

  it('of tables show warnings in words, values by column, and the rows that could not be read, as a list and as a file', async () => {
    const { page } = dashboard;
    const { id } = await service.uploaded([{ name: 'flowers.csv', bytes: Buffer.from(FLOWERS) }], [['table', JSON.stringify(AS_NUMBERS)]]);
    await dashboard.go(`/datasets/${id}`);
    await page.getByText('2 rows could not be read and are left out; 118 are in the data set.').waitFor();
    const rows = page.getByRole('region', { name: 'Rows that could not be read' });
    expect(await rows.getByText('"long" is no number').count()).toBe(2);
    await page.getByRole('region', { name: 'Values of the example' }).getByRole('cell', { name: 'width' }).waitFor();
    await page.getByRole('region', { name: 'Statistics of values' }).getByRole('cell', { name: 'length' }).waitFor();
    await expectFit(dashboard, 'dataset-table');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download all 2' }).click();
    const lines = (await readFile(await (await saved).path(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([9, 52]);
  });

  it('that cannot be read say why, and what to do', async () => {
    const { page } = dashboard;
    await dashboard.go('/datasets?add=files');
    await page.locator('input[type=file]').setInputFiles({ name: 'one.csv', mimeType: 'text/csv', buffer: Buffer.from('a,label\n1,x\n2,x\n') });
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('alert').getByText('CLASSES_TOO_FEW').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'What to do' }).waitFor();
    await expectFit(dashboard, 'dataset-invalid');
  });

  it('that are large go in pieces: a broken line is waited for, and after a reload the same file goes on from where it was', async () => {
    const { page } = dashboard;
    const path = join(await dataFolder(), 'large.csv');
    await writeFile(path, ['value,label', ...Array.from({ length: 360_000 }, (_, at) => `${at}.${'0'.repeat(16)},${at % 2 === 0 ? 'even' : 'odd'}`)].join('\n'));
    let pieces = 0;
    const offsets: number[] = [];
    await page.route('**/v1/uploads/*', (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      offsets.push(Number(route.request().headers()['upload-offset']));
      pieces += 1;
      return pieces > 2 ? route.abort('connectionreset') : route.continue();
    });
    await dashboard.go('/datasets?add=files');
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('The line is broken').waitFor({ timeout: 30_000 });
    await expectFit(dashboard, 'datasets-broken');
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText(/was begun: 4\.19\sMB of [\d.]+\sMB have come/).waitFor();
    await expectFit(dashboard, 'datasets-begun');
    await page.unroute('**/v1/uploads/*');
    const first = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    expect((await first).headers()['upload-offset']).toBe(String(4 * 2 ** 20));
    await page.getByRole('heading', { level: 1, name: 'large.csv' }).waitFor({ timeout: 60_000 });
    expect(offsets.slice(0, 2)).toEqual([0, 2 * 2 ** 20]);
    await dashboard.go('/datasets?add=files');
    await page.getByRole('heading', { name: 'Bring a data set' }).waitFor();
    expect(await page.getByText('was begun').count()).toBe(0);
  });

  it('are found by name and state, all of it in the address', async () => {
    const { page } = dashboard;
    await dashboard.go('/datasets');
    await page.getByLabel('Name').fill('FLOWERS');
    await page.getByLabel('State').selectOption('ready');
    await page.getByRole('link', { name: 'flowers.csv', exact: true }).waitFor();
    await page.getByRole('link', { name: HOSTILE }).waitFor({ state: 'detached' });
    expect(page.url()).toMatch(/name=FLOWERS&status=ready$/);
    await expectFit(dashboard, 'datasets');
  });

  it('lead to a job on them, and are removed after a question', async () => {
    const { page } = dashboard;
    const { id } = await service.generated('glyph_letters', 200);
    await dashboard.go(`/datasets/${id}`);
    expect(await page.getByRole('link', { name: 'Train on it' }).getAttribute('href')).toBe(`#/jobs/new?type=pretrain&dataset=${id}`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { level: 1, name: 'Data sets' }).waitFor();
    expect((await service.get(`/v1/datasets/${id}`)).status).toBe(404);
  });

  it('were shown without a complaint of the browser, and without a word to anybody else', () => {
    expect({ complaints: dashboard.complaints, strangers: dashboard.strangers }).toEqual({ complaints: [], strangers: [] });
  });
});
