// A folder for one test file, gone when its tests are.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** Returns a function that makes a new, empty folder each time. */
export function temporaryFolders(): (name?: string) => string {
  const base = mkdtempSync(join(tmpdir(), 'rootstock-setup-test-'));
  afterAll(() => rmSync(base, { recursive: true, force: true }));
  let count = 0;
  return (name = 'folder') => {
    const folder = join(base, `${(count += 1)}-${name}`);
    mkdirSync(folder);
    return folder;
  };
}
