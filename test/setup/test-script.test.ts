// `npm test`: Jest's own report and status, then one plain line of counts on stdout.
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runScript } from './fake-checkout.js';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const repository = join(import.meta.dirname, '..', '..');

/** Runs scripts/test.mjs over one test file. */
function runTests(test: string, args: string[] = []) {
  const root = newFolder('checkout');
  cpSync(join(repository, 'scripts', 'test.mjs'), join(root, 'scripts', 'test.mjs'));
  for (const name of ['node_modules', 'dist']) symlinkSync(join(repository, name), join(root, name));
  writeFileSync(join(root, 'jest.config.mjs'), "export default { testMatch: ['<rootDir>/*.test.cjs'] };\n");
  writeFileSync(join(root, 'one.test.cjs'), test);
  return runScript(root, [join('scripts', 'test.mjs'), ...args], { PATH: process.env.PATH ?? '' });
}

describe('node scripts/test.mjs', () => {
  it("counts what passed, failed and was skipped, and ends with Jest's status", async () => {
    const { status, stdout, stderr } = await runTests("it('a', () => {}); it('b', () => { throw new Error('no'); }); it.skip('c', () => {});");
    expect({ status, stdout }).toEqual({ status: 1, stdout: '1 passed, 1 failed, 1 skipped\n' });
    expect(stderr).toContain('FAIL ./one.test.cjs');
  });

  it('counts a file that could not be loaded as failed', async () => {
    expect(await runTests("require('./not-there.cjs');")).toMatchObject({ status: 1, stdout: '0 passed, 1 failed, 0 skipped\n' });
  });

  it('hands on its arguments, and tells the configuration of --long', async () => {
    const test = "it('a', () => expect(process.env.ROOTSTOCK_LONG).toBe('1')); it('b', () => { throw new Error('no'); });";
    expect(await runTests(test, ['--long', '-t', 'a'])).toMatchObject({ status: 0, stdout: '1 passed, 0 failed, 1 skipped\n' });
  });
});
