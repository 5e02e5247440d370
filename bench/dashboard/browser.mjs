// Chromium as the system has it: CHROMIUM_PATH, or by one of its names on PATH.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export async function openBrowser() {
  const executablePath = process.env.CHROMIUM_PATH ?? (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
  if (executablePath === undefined) throw new Error('This bench needs Chromium: set CHROMIUM_PATH, or install it so that it is on PATH.');
  // As root, as in a container, it runs without its sandbox only.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0, args: ['--disable-gpu', '--disable-background-networking'] });
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
