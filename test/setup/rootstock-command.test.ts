// The `rootstock` command: what it says about a checkout that is not set up, and how it clears the cache.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fakeCheckout, runScript } from './fake-checkout.js';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const root = fakeCheckout(newFolder('checkout'));

function rootstock(args: string[], cache = newFolder('cache')) {
  return runScript(root, [join('scripts', 'rootstock.mjs'), ...args], { PATH: process.env.PATH ?? '', ROOTSTOCK_CACHE: cache });
}

describe('rootstock', () => {
  it('shows its usage when asked', async () => {
    expect(await rootstock(['help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: rootstock') as unknown });
  });

  it('answers an unknown command with its usage and status 2', async () => {
    const { status, stdout, stderr } = await rootstock(['graft']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('There is no command "graft".\nUsage: rootstock');
  });
});

describe('rootstock doctor', () => {
  it('ends with 1 and names the one command that mends a checkout that is not set up', async () => {
    const { status, stdout } = await rootstock(['doctor']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^MISSING +engine +no native TensorFlow is set up$/m);
    expect(stdout).toMatch(/\nTo mend it: node scripts\/setup\.mjs\n$/);
  });

  it('prints one JSON document with --json', async () => {
    const { stdout } = await rootstock(['doctor', '--json']);
    const report = JSON.parse(stdout) as { ok: boolean; mend: string; findings: { name: string; ok: boolean }[] };
    expect(report).toMatchObject({ ok: false, mend: 'node scripts/setup.mjs' });
    expect(report.findings.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['engine', 'queue server', 'build']);
  });
});

describe('rootstock cache', () => {
  it('shows what is stored, and with --clear removes that and nothing else', async () => {
    const cache = newFolder('cache');
    mkdirSync(join(cache, 'engines', 'one'), { recursive: true });
    writeFileSync(join(cache, 'engines', 'one', 'library'), 'x'.repeat(1000));
    writeFileSync(join(cache, 'notes of the user'), 'mine');
    const entries = [{ name: 'engines/one', sizeBytes: 1000 }];
    const shown = await rootstock(['cache', '--json'], cache);
    expect(JSON.parse(shown.stdout)).toEqual({ folder: cache, sizeBytes: 1000, entries, cleared: false });
    expect(existsSync(join(cache, 'engines', 'one'))).toBe(true);
    const cleared = await rootstock(['cache', '--clear', '--json'], cache);
    expect(JSON.parse(cleared.stdout)).toEqual({ folder: cache, sizeBytes: 1000, entries, cleared: true });
    expect(readdirSync(cache).sort()).toEqual(['lock', 'notes of the user']);
  });
});
