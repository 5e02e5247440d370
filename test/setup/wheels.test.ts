// Wheels as archives: fetched by pip or taken from a folder, and only ever used when the digest is the pinned one.
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { onPath } from '../../scripts/setup/tools.mjs';
import { unpackWheel } from '../../scripts/setup/wheels.mjs';
import { fakeWheel } from './fake-wheel.js';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const wheels = newFolder('wheels');
const pin = fakeWheel(wheels);
const { PATH, PIP_FIND_LINKS } = process.env;

afterEach(() => {
  process.env.PATH = PATH;
  delete process.env.PIP_NO_INDEX;
  if (PIP_FIND_LINKS === undefined) delete process.env.PIP_FIND_LINKS;
  else process.env.PIP_FIND_LINKS = PIP_FIND_LINKS;
});

/** A python3 that refuses to be pip. */
function forbidPip(): void {
  const folder = newFolder('bin');
  writeFileSync(join(folder, 'python3'), `#!/bin/sh\n[ "$2" = pip ] && exit 9\nexec ${onPath('python3')} "$@"\n`);
  chmodSync(join(folder, 'python3'), 0o755);
  process.env.PATH = `${folder}:${PATH}`;
}

describe('a wheel from a folder', () => {
  it('is unpacked without calling pip, and only the members asked for', async () => {
    forbidPip();
    const target = newFolder('target');
    await unpackWheel(pin, ['graft/lib/'], target, { cache: newFolder('cache'), wheels });
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(['graft', 'graft/lib', 'graft/lib/libgraft.so']);
    expect(existsSync(join(wheels, pin.file))).toBe(true);
  });

  it('is refused when its digest is not the pinned one, with both digests named', async () => {
    const target = newFolder('target');
    const other = { ...pin, sha256: '0'.repeat(64) };
    const refused = unpackWheel(other, ['graft/'], target, { cache: newFolder('cache'), wheels });
    await expect(refused).rejects.toThrow(new RegExp(`its sha256 is ${pin.sha256}, expected 0{64}`));
    expect(readdirSync(target)).toEqual([]);
  });

  it('is named when the folder does not hold it', async () => {
    const empty = newFolder('empty');
    const missing = unpackWheel(pin, ['graft/'], newFolder('target'), { cache: newFolder('cache'), wheels: empty });
    await expect(missing).rejects.toThrow(`${pin.file} is not in ${empty}.`);
  });
});

describe('a wheel from an index', () => {
  it("comes through pip, by the user's own pip settings, and is not kept", async () => {
    process.env.PIP_NO_INDEX = '1';
    process.env.PIP_FIND_LINKS = wheels;
    const [cache, target] = [newFolder('cache'), newFolder('target')];
    await unpackWheel(pin, ['graft/lib/'], target, { cache, wheels: null });
    expect(readFileSync(join(target, 'graft/lib/libgraft.so'), 'utf8')).toBe('a library');
    expect(readdirSync(cache, { recursive: true })).toEqual(['tmp']);
  });

  it('that pip cannot find fails with what pip said', async () => {
    process.env.PIP_NO_INDEX = '1';
    process.env.PIP_FIND_LINKS = newFolder('empty');
    const failing = unpackWheel(pin, ['graft/'], newFolder('target'), { cache: newFolder('cache'), wheels: null });
    await expect(failing).rejects.toThrow(/downloading graft 1\.0\.0 failed[^]*No matching distribution found for graft==1\.0\.0/);
  });
});
