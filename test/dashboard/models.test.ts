// Models on the dashboard: found, named, looked into, asked of drawings, pictures, the camera and rows, brought from elsewhere.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { Model } from '#contract/model.js';
import { CHROMIUM, openBrowser } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import { fineTune, pretrain } from '../support/requests.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const HOSTILE = '<script>document.title="had"</script> javascript:alert(1)';
const FLOWERS = ['length,colour,kind', ...Array.from({ length: 120 }, (_, at) => `${1 + 2 * (at % 2) + (at % 17) / 20},${['red', 'blue'][at % 2]},${['rose', 'tulip'][at % 2]}`)].join('\n');

/** With the pointer, as somebody would; across and down, 0 to 1. */
async function draw(page: Page, [first, ...others]: readonly (readonly [number, number])[]): Promise<void> {
  const { x, y, width, height } = (await page.locator('canvas.surface').boundingBox())!;
  const to = ([across, down]: readonly [number, number]): [number, number] => [x + across * width, y + down * height];
  await page.mouse.move(...to(first!));
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...to(point), { steps: 6 });
  await page.mouse.up();
}
const SEVEN = [[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]] as const;

(CHROMIUM === undefined ? describe.skip : describe)('models on the dashboard', () => {
  let service: Service;
  let dashboard: Dashboard;
  let digits: string;
  let descendant: string;
  let flowers: string;
  beforeAll(async () => {
    service = await Service.start();
    dashboard = await Dashboard.open(service.url, {}, await openBrowser(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']));
    await dashboard.go('/models');
    await dashboard.page.getByText('There is no model yet').waitFor();
    await expectFit(dashboard, 'models-empty');
    const source = (await service.generated('glyph_digits', 3_000)).id;
    digits = (await service.succeeds(pretrain(source, { name: HOSTILE, training: { epochs: 8, optimizer: { name: 'adam' } } }))).model!;
    descendant = (await service.succeeds(fineTune((await service.generated('glyph_letters', 300)).id, digits, { kind: 'parameter' }, { name: 'letters' }))).model!;
    const table = (await service.uploaded([{ name: 'flowers.csv', bytes: Buffer.from(FLOWERS) }])).id;
    flowers = (await service.succeeds(pretrain(table, { name: 'flowers', training: { epochs: 20, optimizer: { name: 'adam', learning_rate: 0.01 } } }))).model!;
  }, 240_000);
  const verdict = (text: string): Promise<void> => dashboard.page.locator('p.verdict strong', { hasText: new RegExp(`^${text}$`) }).waitFor({ timeout: 30_000 });

  it('are listed with what they tell, how well, and what made them, and found by name', async () => {
    const { page } = dashboard;
    await dashboard.go('/models');
    await page.getByRole('link', { name: HOSTILE }).waitFor();
    await expectFit(dashboard, 'models');
    await page.getByLabel('Name').fill('letter');
    await page.getByRole('link', { name: HOSTILE }).waitFor({ state: 'detached' });
    expect(page.url()).toMatch(/name=letter$/);
  });

  it('have a page with metrics, and names, aliases and notes that can be changed', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${digits}`);
    await page.getByRole('cell', { name: 'test accuracy' }).waitFor();
    expect(await page.getByRole('link', { name: 'Fine-tune it' }).getAttribute('href')).toBe(`#/jobs/new?type=fine_tune&base_model=${digits}`);
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByLabel('Aliases').fill('Not An Alias!');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('/aliases/0').first().waitFor();
    await page.getByLabel('Aliases').fill('production, best');
    await page.getByLabel('Notes').fill(HOSTILE);
    await expectFit(dashboard, 'model-change');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.notes', { hasText: HOSTILE }).waitFor();
    expect((await service.get(`/v1/models/${digits}`)).json<Model>()).toMatchObject({ aliases: ['production', 'best'], notes: HOSTILE });
    await expectFit(dashboard, 'model');
  });

  it('show their layers and files', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${digits}/layers`);
    await page.getByRole('cell', { name: 'units 32, activation relu' }).waitFor();
    await expectFit(dashboard, 'model-layers');
    await dashboard.go(`/models/${digits}/files`);
    const row = page.getByRole('row', { name: /^labels\.json/ });
    const saved = page.waitForEvent('download');
    await row.getByRole('button', { name: 'Download' }).click();
    expect((await saved).suggestedFilename()).toBe('labels.json');
    await expectFit(dashboard, 'model-files');
  });

  it('show what they came from and what came of them, as a graph of links and as a table', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${descendant}/lineage`);
    const graph = page.getByRole('region', { name: 'Graph of the lineage' });
    await graph.locator('a').nth(5).waitFor();
    // From left to right: no edge leads back.
    const places = await graph.locator('g.node').evaluateAll((nodes) => nodes.map((node) => Number(/translate\((\d+)/.exec(node.getAttribute('transform')!)![1])));
    expect(new Set(places).size).toBeGreaterThanOrEqual(4);
    await page.getByText('The same as a table').click();
    await page.getByRole('region', { name: 'Table of the lineage' }).getByRole('cell', { name: 'started from' }).waitFor();
    await expectFit(dashboard, 'model-lineage');
    await graph.locator('a').filter({ hasText: 'data set' }).first().click();
    await page.waitForURL(/#\/datasets\/ds_/);
  });

  it('are asked of a drawn digit, on a ground like that of their pictures, with every stroke', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${digits}/try`);
    await page.getByText('It learnt from pictures on a dark ground').waitFor();
    await draw(page, SEVEN);
    await verdict('7');
    await page.getByRole('region', { name: 'The most likely classes' }).getByRole('rowheader', { name: '7', exact: true }).waitFor();
    await expectFit(dashboard, 'model-draw');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Draw, and the answer comes').waitFor();
  });

  it('are asked of a picture that is dropped, and say how the same is asked by curl', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${digits}/try?by=picture`);
    // Not from an SVG: a process that has read pictures of a data set reads no other formats any more.
    const isInk = (x: number, y: number): boolean => (y >= 46 && y < 74 && x >= 80 && x < 214) || (y >= 74 && y < 240 && Math.abs(x - (200 - (80 * (y - 60)) / 180)) < 15);
    const pixels = Buffer.from(Uint8Array.from({ length: 280 * 280 }, (_, at) => (isInk(at % 280, Math.floor(at / 280)) ? 255 : 0)));
    const seven = await sharp(pixels, { raw: { width: 280, height: 280, channels: 1 } }).png().toBuffer();
    await page.locator('input[type=file]').setInputFiles({ name: 'seven.png', mimeType: 'image/png', buffer: seven });
    await verdict('\\d');
    await page.getByText('Copy as…').last().click();
    await page.getByText('-F \'file=@seven.png\'').waitFor();
    await expectFit(dashboard, 'model-picture');
  });

  it('are asked of what the camera sees', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${digits}/try?by=camera`);
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await until('the camera shows something', async () => ((await page.locator('video').evaluate((video: HTMLVideoElement) => video.videoWidth)) > 0 ? true : undefined));
    await page.getByRole('button', { name: 'Take a picture' }).click();
    await verdict('\\d');
    await expectFit(dashboard, 'model-camera');
  });

  it('of tables are asked of a row that is filled in, and of rows that are pasted', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${flowers}/try`);
    await page.getByLabel('length', { exact: true }).fill('3.2');
    await page.getByLabel(/^colour/).selectOption('blue');
    await page.getByRole('button', { name: 'Ask' }).click();
    await verdict('tulip');
    await expectFit(dashboard, 'model-row');
    await page.getByRole('link', { name: 'Paste rows' }).click();
    await page.getByLabel('Rows as CSV').fill('1.1,red\n3.3,blue');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('heading', { name: 'Row 2' }).waitFor();
    expect(await page.locator('p.verdict strong').allTextContents()).toEqual(['rose', 'tulip']);
    await page.getByLabel('Rows as CSV').fill('length\n1');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('alert').waitFor();
  });

  it('from elsewhere are brought as files, and removed after a question', async () => {
    const { page } = dashboard;
    const file = async (name: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> => ({ name, mimeType: 'application/octet-stream', buffer: (await service.get(`/v1/models/${digits}/files/${name}`)).bytes });
    const weights = (await service.get(`/v1/models/${digits}`)).json<Model>().files.find(({ name }) => name.endsWith('.bin'))!.name;
    await dashboard.go('/models?add=files');
    await page.locator('input[type=file]').setInputFiles([await file('model.json'), await file(weights)]);
    await page.getByRole('textbox', { name: 'Name' }).fill('from elsewhere');
    await page.getByLabel('Labels').fill('null, eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun');
    await expectFit(dashboard, 'models-files');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'from elsewhere' }).waitFor();
    await page.locator('.status', { hasText: 'ready' }).waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Try it' }).click();
    await draw(page, SEVEN);
    await verdict('sieben');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.getByRole('link', { name: 'from elsewhere' }).waitFor({ state: 'detached' });
  });

  it('show which version of their name they are, and the others of it', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${encodeURIComponent(`${HOSTILE}@1`)}`);
    await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
    await page.getByText('version 1', { exact: true }).waitFor();
    await page.getByText(`${HOSTILE}@1`, { exact: true }).waitFor();
    const versions = page.getByRole('region', { name: 'Versions of' });
    await versions.getByRole('row').filter({ hasText: 'this one' }).waitFor();
    await expectFit(dashboard, 'model-versions');
    await dashboard.go('/models');
    await page.getByRole('row').filter({ has: page.getByRole('link', { name: HOSTILE }) }).getByText('@1').waitFor();
  });

  it('that others came of are deleted only when it is said that these stay', async () => {
    const { page } = dashboard;
    await dashboard.go(`/models/${digits}`);
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await expectFit(dashboard, 'model-delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByText(`A model descends from model ${digits}: ${descendant}.`).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    expect((await service.get(`/v1/models/${digits}`)).status).toBe(404);
    await dashboard.go(`/models/${descendant}/lineage`);
    await page.locator('g.node.deleted').waitFor();
  });

  it('of the catalogue are told with their licence and who says where they lie', async () => {
    const { page } = dashboard;
    await dashboard.go('/models?add=catalogue');
    await page.getByRole('region', { name: 'Catalogue' }).getByText('mobilenet_v1_025_224', { exact: true }).waitFor();
    await expectFit(dashboard, 'models-catalogue');
  });

  it('were shown without a complaint of the browser, and without a word to anybody else', () => {
    expect({ complaints: dashboard.complaints, strangers: dashboard.strangers }).toEqual({ complaints: [], strangers: [] });
  });
});
