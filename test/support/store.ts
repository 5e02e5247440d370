// Folders and folder stores that last as long as the tests of one file.
import { afterAll } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderStore } from '#store/stores/folder.js';
import type { Store } from '#store/store.js';

const made: string[] = [];

/** A fresh folder, removed after the tests of this file. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rootstock-test-'));
  made.push(path);
  return path;
}

/** A store in a fresh folder. */
export const temporaryStore = async (): Promise<Store> => openFolderStore(await temporaryFolder());

afterAll(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});
