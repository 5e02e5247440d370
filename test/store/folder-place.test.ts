// Whether a store was copied to where it lies.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyTemporary, isCopied, rememberPlace } from '#store/stores/folder-place.js';
import { openFolderStore } from '#store/stores/folder.js';
import { temporaryFolder } from '../support/store.js';

describe('a folder store', () => {
  let folder: string;
  let root: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    root = join(folder, 'store');
    const store = await openFolderStore(root);
    expect(await isCopied(root)).toBe(false); // a fresh one
    await rememberPlace(root);
    await store.put('jobs/one/job.json', '{}');
  });

  it('is known where it was served, also after it was moved', async () => {
    expect(await isCopied(root)).toBe(false);
    await rename(root, `${root}-2`);
    expect(await isCopied(`${root}-2`)).toBe(false);
  });

  it('is known as a copy, times and all, until its place is remembered', async () => {
    const copy = join(folder, 'copy');
    await cp(root, copy, { recursive: true, preserveTimestamps: true });
    expect(await isCopied(copy)).toBe(true);
    await rememberPlace(copy);
    expect([await isCopied(copy), await isCopied(root)]).toEqual([false, false]);
  });

  it('is known as a copy that was put into the place of the old one', async () => {
    const copy = join(folder, 'copy');
    await cp(root, copy, { recursive: true, preserveTimestamps: true });
    await rm(root, { recursive: true });
    await cp(copy, root, { recursive: true, preserveTimestamps: true });
    expect(await isCopied(root)).toBe(true);
  });

  it('counts as a copy where nothing tells, as without its note', async () => {
    await rm(join(root, 'place'), { recursive: true });
    expect(await isCopied(root)).toBe(true);
  });

  it('gets rid of temporary files, whoever made them', async () => {
    await mkdir(join(root, 'tmp', 'folder'), { recursive: true });
    await writeFile(join(root, 'tmp', `0a0b0c0d-${process.pid}-0a0b0c0d-1`), '');
    await emptyTemporary(root);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });
});
