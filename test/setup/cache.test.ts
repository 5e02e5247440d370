// The user's cache: where it lies, and that nothing half-made is ever used from it.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cached, locateCache, openCache, removeLeftovers } from '../../scripts/setup/cache.mjs';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const machine = { temporary: '/somewhere/tmp', uid: 1234 };

describe('where the cache lies', () => {
  const home = newFolder('home');

  it('is the folder that ROOTSTOCK_CACHE names, before any other', () => {
    expect(locateCache({ ROOTSTOCK_CACHE: '/chosen', XDG_CACHE_HOME: home, HOME: home }, machine)).toBe('/chosen');
  });

  it('is rootstock in XDG_CACHE_HOME, else .cache/rootstock in HOME', () => {
    expect(locateCache({ XDG_CACHE_HOME: join(home, 'xdg'), HOME: home }, machine)).toBe(join(home, 'xdg', 'rootstock'));
    expect(locateCache({ HOME: home }, machine)).toBe(join(home, '.cache', 'rootstock'));
  });

  it('ignores a relative XDG_CACHE_HOME, as the XDG rules ask', () => {
    expect(locateCache({ XDG_CACHE_HOME: 'cache', HOME: home }, machine)).toBe(join(home, '.cache', 'rootstock'));
  });

  it.each([['unset', {}], ['empty', { HOME: '' }], ['not a folder', { HOME: '/dev/null' }]])(
    "is this user's folder in the temporary folder where HOME is %s",
    (_, env) => expect(locateCache(env, machine)).toBe('/somewhere/tmp/rootstock-cache-1234'),
  );

  it('is made for this user alone', () => {
    const cache = join(home, 'made', 'rootstock');
    openCache(cache);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
  itAsRoot('refuses a folder that another user made where anyone may make one', () => {
    const open = newFolder('open');
    chmodSync(open, 0o1777);
    mkdirSync(join(open, 'rootstock-cache-0'));
    chownSync(join(open, 'rootstock-cache-0'), 4321, 4321);
    expect(() => openCache(join(open, 'rootstock-cache-0'))).toThrow('was made by another user');
  });
});

describe('a folder in the cache', () => {
  const fill = async (folder: string) => writeFileSync(join(folder, 'library'), 'whole');

  it('is filled once, and found from then on', async () => {
    const cache = newFolder('cache');
    const folder = await cached(cache, 'engines/one', fill);
    expect(readFileSync(join(folder, 'library'), 'utf8')).toBe('whole');
    expect(await cached(cache, 'engines/one', () => Promise.reject(new Error('filled twice')))).toBe(folder);
  });

  it('is not there when filling it failed', async () => {
    const cache = newFolder('cache');
    const failing = cached(cache, 'engines/one', async (folder) => {
      await fill(folder);
      throw new Error('no space left');
    });
    await expect(failing).rejects.toThrow('no space left');
    expect(existsSync(join(cache, 'engines', 'one'))).toBe(false);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it('is not there when the set-up was killed while filling it, and the next set-up clears up and fills it', async () => {
    const cache = newFolder('cache');
    const script = `
      import { writeFileSync } from 'node:fs';
      import { cached } from ${JSON.stringify(join(import.meta.dirname, '../../scripts/setup/cache.mjs'))};
      await cached(process.argv[1], 'engines/one', (folder) => {
        writeFileSync(folder + '/library', 'ha');
        console.log('half done');
        return new Promise(() => setInterval(() => {}, 1000));
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, cache], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(existsSync(join(cache, 'engines', 'one'))).toBe(false);
    expect(readdirSync(join(cache, 'tmp'))).toHaveLength(1);

    removeLeftovers(cache);
    expect(existsSync(join(cache, 'tmp'))).toBe(false);
    const folder = await cached(cache, 'engines/one', fill);
    expect(readFileSync(join(folder, 'library'), 'utf8')).toBe('whole');
  });
});
