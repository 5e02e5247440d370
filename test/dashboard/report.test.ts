// Reports on the dashboard: of a fine-tuning, a comparison, a range test; and what a model says of each test example.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CompareReport } from '#contract/compare-report.js';
import type { RateReport } from '#contract/rate-report.js';
import type { TransferReport } from '#contract/transfer-report.js';
import { CHROMIUM } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

const HOSTILE = ['<script>document.title="had"</script>', 'javascript:alert(1)', 'plain'];
const MLP = { architecture: 'mlp', hidden: [16] };
const TRAINING = { epochs: 2, validation_split: 0.1 };

/** Rows whose class is told by their first column, more or less. */
const TABLE = ['width,colour,label', ...Array.from({ length: 240 }, (_, at) => `${(at % 3) + ((at * 7) % 10) / 8},${at % 2 === 0 ? 'red' : 'blue'},${HOSTILE[at % 3]!.replaceAll('"', "'")}`)].join('\n');
const VALUES = ['a,b,y', ...Array.from({ length: 240 }, (_, at) => `${at % 16},${at % 7},${(0.31 * (at % 16) + (at % 7) / 3 + 0.125).toFixed(4)}`)].join('\n');

(CHROMIUM === undefined ? describe.skip : describe)('a report on the dashboard', () => {
  let service: Service;
  let dashboard: Dashboard;
  let letters: string;
  let base: string;
  let fineTuned: string;
  beforeAll(async () => {
    service = await Service.start();
    const digits = (await service.generated('glyph_digits', 600)).id;
    letters = (await service.generated('glyph_letters', 600)).id;
    base = (await service.succeeds({ type: 'pretrain', dataset: digits, model: MLP, training: TRAINING })).model!;
    fineTuned = (await service.succeeds({
      type: 'fine_tune', name: 'letters', dataset: letters, base_model: base, transfer: { kind: 'parameter', preset: 'lp_ft', wise_ft: { metric: 'val_accuracy' } }, training: { validation_split: 0.1 }, baseline: { scratch: true, seeds: 2 },
    })).id;
    dashboard = await Dashboard.open(service.url);
  }, 180_000);

  const reported = async <T>(id: string): Promise<T> => (await service.get(`/v1/jobs/${id}/report`)).json<T>();
  const rows = (label: string) => dashboard.page.getByRole('region', { name: label, exact: true }).locator('tbody tr');

  it('says the verdict first, with its interval drawn, and then what it stands on', async () => {
    const { page } = dashboard;
    const { why, runs, comparison, classes } = await reported<TransferReport>(fineTuned);
    await dashboard.go(`/jobs/${fineTuned}`);
    await page.getByRole('link', { name: 'Report' }).click();
    const verdict = page.getByRole('region', { name: 'Verdict' });
    await verdict.getByText(why).waitFor();
    expect(await verdict.getByRole('img', { name: /^Difference of transfer and scratch: .* between / }).count()).toBe(1);
    expect(await rows('Pairs of runs by seed').count()).toBe(comparison!.pairs.length);
    // Before training and the linear probe stand beside them.
    expect(await rows('Runs on the test part').count()).toBe(runs.length + 2);
    expect(await rows('Class by class').count()).toBe(classes!.length);
    for (const heading of ['Calibration', 'Layer by layer', 'Not measured']) expect(await page.getByRole('heading', { name: heading, exact: true }).count()).toBe(1);
    expect(await page.getByRole('img', { name: /^Between start and end: val accuracy/ }).count()).toBe(1);
    await expectFit(dashboard, 'report');
  });

  it('sorts classes by what one should look at, and keeps that in the address', async () => {
    const { page } = dashboard;
    await dashboard.go(`/jobs/${fineTuned}/report`);
    const { classes } = await reported<TransferReport>(fineTuned);
    const first = rows('Class by class').first().locator('td').first();
    await page.getByRole('combobox', { name: 'Order' }).first().selectOption('recall');
    const lowest = Math.min(...classes!.map(({ recall }) => recall!.value));
    const names = classes!.filter(({ recall }) => recall!.value === lowest).map(({ name }) => name);
    await until('the lowest recall comes first', async () => (names.includes((await first.textContent())!) ? true : undefined));
    expect(page.url()).toContain('by=recall');
  });

  it('opens the examples of a cell of the confusion matrix, with what they look like', async () => {
    const { page } = dashboard;
    const { runs } = await reported<TransferReport>(fineTuned);
    const matrix = runs.find(({ run }) => run === 'main')!.confusion_matrix!;
    await dashboard.go(`/jobs/${fineTuned}/report`);
    const cell = page.locator('.confusion button.wrong').first();
    const [at, to] = (await cell.getAttribute('data-cell', { timeout: 10_000 }))!.split(' ').map(Number);
    await cell.click();
    await until('the cell is in the address', async () => Promise.resolve(page.url().includes('true=') && page.url().includes('predicted=') ? true : undefined));
    await until('its examples are there', async () => ((await page.locator('.gallery li').count()) === matrix[at!]![to!]! ? true : undefined));
    const picture = page.locator('.gallery canvas').first();
    await picture.waitFor();
    const tones = await picture.evaluate((canvas: HTMLCanvasElement) => new Set(canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data).size);
    expect(tones).toBeGreaterThan(10);
    expect(await cell.getAttribute('aria-pressed')).toBe('true');
  });

  it('lets arrow keys lead from cell to cell, with one stop for the tabulator', async () => {
    const { page } = dashboard;
    await dashboard.go(`/jobs/${fineTuned}/predictions`);
    const { runs } = await reported<TransferReport>(fineTuned);
    const filled = runs.find(({ run }) => run === 'main')!.confusion_matrix!.map((row) => row.flatMap((count, to) => (count > 0 ? [to] : [])));
    const at = filled.findIndex((row) => row.length > 1);
    await page.locator(`[data-cell="${at} ${filled[at]![0]!}"]`).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.dataset.cell')).toBe(`${at} ${filled[at]![1]!}`);
    expect(await page.locator('.confusion button[tabindex="0"]').count()).toBe(1);
  });

  it('shows examples the model was most wrong about first, page by page', async () => {
    const { page } = dashboard;
    await dashboard.go(`/jobs/${fineTuned}/predictions`);
    const losses = async (): Promise<number[]> => (await page.locator('.gallery li > .number').allTextContents()).map((text) => Number(text.split('loss ')[1]));
    await page.locator('.gallery li').first().waitFor();
    const first = await losses();
    expect(first).toEqual(first.toSorted((one, other) => other - one));
    await page.getByRole('link', { name: 'Next 24' }).click();
    await until('the next page is there', async () => ((await losses())[0]! < first.at(-1)! ? true : undefined));
    await page.getByRole('link', { name: 'First' }).click();
    await expectFit(dashboard, 'predictions');
  });

  it('is handed over as the page that stands alone', async () => {
    const { page } = dashboard;
    await dashboard.go(`/jobs/${fineTuned}/report`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download as a page' }).click();
    expect((await download).suggestedFilename()).toBe(`${fineTuned}-report.html`);
  });

  it('is one of values too', async () => {
    const { page } = dashboard;
    const { id: dataset } = await service.uploaded([{ name: 'values.csv', bytes: Buffer.from(VALUES) }], [['table', '{"target":"y"}']]);
    const { model } = await service.succeeds({ type: 'pretrain', dataset, model: MLP, training: TRAINING });
    const { id } = await service.succeeds({ type: 'fine_tune', dataset, base_model: model, transfer: { kind: 'parameter' }, training: TRAINING });
    await dashboard.go(`/jobs/${id}/report`);
    await page.getByText('It cannot be told whether transfer helps').waitFor();
    // What nobody sees is not asked for.
    await page.locator('.gallery li').first().scrollIntoViewIfNeeded();
    await page.locator('.gallery .row-values dt', { hasText: 'a' }).first().waitFor();
    expect(await page.locator('.confusion').count()).toBe(0);
    await expectFit(dashboard, 'report-values');
  });

  it('of a comparison marks the best by a word and says what cannot be told', async () => {
    const { page } = dashboard;
    const { id } = await service.succeeds({
      type: 'compare', dataset: letters, base_model: base, seeds: 2,
      candidates: [{ name: 'tuned', transfer: { kind: 'parameter' }, training: TRAINING }, { name: 'fresh', model: MLP, training: TRAINING }],
    });
    const { best } = await reported<CompareReport>(id);
    await dashboard.go(`/jobs/${id}/report`);
    await page.getByRole('heading', { name: `Best: ${best!}` }).waitFor();
    expect(await rows('Candidates').filter({ hasText: 'best' }).count()).toBe(1);
    expect(await rows('Runs of candidates').count()).toBe(4);
    await expectFit(dashboard, 'report-compare');
  });

  it('of a range test draws the loss over the rate and says which it suggests', async () => {
    const { page } = dashboard;
    const { id } = await service.succeeds({ type: 'lr_find', dataset: letters, base_model: base, transfer: { kind: 'parameter' }, training: { batch_size: 32 } });
    const { points } = await reported<RateReport>(id);
    await dashboard.go(`/jobs/${id}/report`);
    await page.getByRole('img', { name: new RegExp(`^Smoothed loss by learning rate: .* at ${points.length} points`) }).waitFor();
    await expectFit(dashboard, 'report-rate');
  });

  it('shows rows of a table as they were written, and names of classes as the text they are', async () => {
    const { page } = dashboard;
    const { id: dataset } = await service.uploaded([{ name: 'table.csv', bytes: Buffer.from(TABLE) }], [['table', '{"target":"label"}']]);
    const { id, model } = await service.succeeds({ type: 'pretrain', name: 'rows', dataset, model: MLP, training: TRAINING });
    await dashboard.go(`/jobs/${id}/predictions`);
    await page.locator('.gallery .row-values', { hasText: /red|blue/ }).first().waitFor();
    await page.getByRole('combobox', { name: 'True class' }).selectOption('javascript:alert(1)');
    await until('all are of that class', async () => ((await page.locator('.gallery li').allTextContents()).every((text) => text.includes('javascript:alert(1)')) ? true : undefined));
    expect(await page.title()).toBe('rows · Rootstock');
    await expectFit(dashboard, 'predictions-rows');
    const evaluation = await service.succeeds({ type: 'evaluate', model, dataset });
    await dashboard.go(`/jobs/${evaluation.id}/report`);
    await page.locator('.gallery li').first().scrollIntoViewIfNeeded();
    await page.locator('.gallery .row-values', { hasText: /red|blue/ }).first().waitFor();
  });

  it('says why there is none, where there is none', async () => {
    const { page } = dashboard;
    const { id } = await service.submit({ type: 'pretrain', dataset: letters, model: MLP, training: TRAINING });
    await dashboard.go(`/jobs/${id}/report`);
    await page.getByText(/NO_TRANSFER_REPORT|JOB_NOT_SUCCEEDED/).first().waitFor();
    await service.ended(id);
  });

  afterAll(async () => void expect(dashboard?.complaints ?? []).toEqual([]));
});
