// The dashboard as somebody sees it: in a real browser, on the real service, with everything noted that a page should not do.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser } from './browser.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures of each page go, for somebody to look at; they check nothing, so that none are taken unless ROOTSTOCK_SCREENSHOTS names a folder. */
const SCREENSHOTS = process.env.ROOTSTOCK_SCREENSHOTS;

export const DESKTOP = { width: 1280, height: 900 };
/** The narrowest telephone there is. */
export const PHONE = { width: 360, height: 740 };
export const THEMES = ['light', 'dark'] as const;

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary: string }[];
}

export class Dashboard {
  /** Errors that the page threw or wrote, and what its policy did not let it do. */
  readonly complaints: string[] = [];
  /** Addresses outside the service that it asked for. */
  readonly strangers: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {}

  /** A page of its own with nothing remembered. */
  static async open(url: string, options: BrowserContextOptions = {}, browser?: Browser): Promise<Dashboard> {
    const context = await (browser ?? (await openBrowser())).newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options });
    const dashboard = new Dashboard(await context.newPage(), url);
    dashboard.listen();
    return dashboard;
  }

  private listen(): void {
    const { page } = this;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    // A refused or broken request is shown by the page itself; that the browser notes it too is no fault.
    page.on('console', (message) => void (message.type() === 'error' && !message.text().startsWith('Failed to load resource') && this.complaints.push(message.text())));
    page.on('request', (request) => void (request.url().startsWith(this.url) || /^(data|blob):/.test(request.url()) || this.strangers.push(request.url())));
  }

  /** @param address after the #: '/jobs' */
  async go(address: string): Promise<void> {
    await this.page.goto(`${this.url}/#${address}`);
  }

  /** What axe-core finds against WCAG 2.2 A and AA on the page as it is. */
  async violations(): Promise<string[]> {
    if (await this.page.evaluate("typeof axe === 'undefined'")) await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate<{ violations: Violation[] }>(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`);
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`));
  }

  /** Whether the page is wider than its window. */
  overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  async picture(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}

/** The page in both themes, on a desk and on a telephone: no violation, nothing beside the window, no complaint. */
export async function expectFit(dashboard: Dashboard, name: string): Promise<void> {
  const { page } = dashboard;
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const [device, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await page.setViewportSize(size);
      await dashboard.picture(`${name}-${theme}-${device}`);
      expect({ theme, device, violations: await dashboard.violations(), overflow: await dashboard.overflow() }).toEqual({ theme, device, violations: [], overflow: 0 });
    }
  }
  await page.setViewportSize(DESKTOP);
  expect({ complaints: dashboard.complaints, strangers: dashboard.strangers }).toEqual({ complaints: [], strangers: [] });
}
