// Who may see what: keys on the dashboard, the link for a wall screen, and the keyboard alone.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CHROMIUM } from '../support/browser.js';
import { Dashboard, expectFit } from '../support/dashboard.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const [API_KEY, READ_ONLY_KEY] = ['a-key-for-all', 'a-key-for-eyes'];

(CHROMIUM === undefined ? describe.skip : describe)('the dashboard of a service with keys', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start({ API_KEY, READ_ONLY_KEY, WORKERS: '0' })), 60_000);

  /** Types the key that is asked for. */
  async function give(dashboard: Dashboard, key: string): Promise<void> {
    await dashboard.page.getByLabel('API_KEY or READ_ONLY_KEY of the service').fill(key);
    await dashboard.page.getByRole('button', { name: 'Go on' }).click();
  }

  it('asks for one, and again for one that is right', async () => {
    const dashboard = await Dashboard.open(service.url);
    await dashboard.go('/jobs');
    await dashboard.page.getByRole('dialog', { name: 'This service wants a key' }).waitFor();
    await expectFit(dashboard, 'key');
    await give(dashboard, 'another');
    await until('it is asked for again', async () => ((await dashboard.page.getByLabel('API_KEY or READ_ONLY_KEY of the service').inputValue().catch(() => 'gone')) === '' ? true : undefined));
    await give(dashboard, API_KEY);
    await dashboard.page.getByText('No job has been submitted yet').waitFor();
    await dashboard.page.reload();
    await dashboard.page.getByText('No job has been submitted yet').waitFor();
    await dashboard.page.getByRole('button', { name: 'Forget key' }).click();
    await dashboard.page.getByRole('dialog').waitFor();
  });

  it('shows by a link for a wall screen what there is, with nothing to press, and keeps the key out of the address', async () => {
    const dashboard = await Dashboard.open(service.url);
    await dashboard.go(`/jobs?wall=1&key=${READ_ONLY_KEY}`);
    await dashboard.page.getByText('No job has been submitted yet').waitFor();
    expect(dashboard.page.url()).toBe(`${service.url}/#/jobs?wall=1`);
    expect(await dashboard.page.getByRole('navigation').count()).toBe(0);
    expect(await dashboard.page.getByRole('link', { name: 'New job' }).count()).toBe(0);
    await expectFit(dashboard, 'wall');
    await dashboard.page.reload();
    await dashboard.page.getByText('No job has been submitted yet').waitFor();
  });

  it('is gone through by the keyboard: past the rooms to the content, and to what it does', async () => {
    const dashboard = await Dashboard.open(service.url);
    const { page } = dashboard;
    await dashboard.go(`/jobs?key=${API_KEY}`);
    await page.getByText('No job has been submitted yet').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    expect(page.url()).toBe(`${service.url}/#/jobs`);
    for (let presses = 0; presses < 12 && (await page.evaluate('document.activeElement.textContent')) !== 'New job'; presses++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'New job' }).waitFor();
  });
});
