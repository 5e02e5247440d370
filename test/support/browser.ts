// A real browser, without a window: Chromium as the system has it. Nothing is downloaded.
import { afterAll } from '@jest/globals';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** CHROMIUM_PATH, or the first of the usual names on PATH; undefined where there is none. */
export const CHROMIUM = process.env.CHROMIUM_PATH ?? (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
if (CHROMIUM === undefined) process.stderr.write('There is no Chromium (CHROMIUM_PATH, or chromium on PATH): what needs a real browser is NOT TESTED.\n');

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const opened: Browser[] = [];
afterAll(async () => {
  for (const browser of opened) await browser.close();
});

/** It ends with the tests of the file. As root, as in a container, Chromium runs without its sandbox only. @param more switches of its own */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM!,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  });
  opened.push(browser);
  return browser;
}
