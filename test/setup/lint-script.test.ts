// `npm run lint`: every check is made, whatever the others find, and one that fails fails all.
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runScript, type Ended } from './fake-checkout.js';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const PROGRAMS = ['eslint', 'tsc', 'depcruise', 'redocly', 'dclint'];

/** Runs scripts/lint.mjs over stand-ins that print what they are called with, in two pieces; those that are named fail. */
async function lint(...failing: string[]): Promise<Ended> {
  const root = newFolder('checkout');
  cpSync(join(import.meta.dirname, '..', '..', 'scripts', 'lint.mjs'), join(root, 'scripts', 'lint.mjs'));
  const bin = join(root, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  for (const name of PROGRAMS) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} begins"\necho "${name} $*"\nexit ${failing.includes(name) ? 3 : 0}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return runScript(root, [join('scripts', 'lint.mjs')], { PATH: process.env.PATH ?? '' });
}

describe('node scripts/lint.mjs', () => {
  it('makes all checks, and tells of each in one piece', async () => {
    const { status, stdout } = await lint();
    expect(status).toBe(0);
    const told = stdout.match(/^(\w+) begins\n\1 (.*)\nlint: \1 \2: nothing to say \(\d+ s\)$/gm)!;
    expect(told.map((text) => text.split(' ')[0]).sort()).toEqual([...PROGRAMS, 'eslint'].sort());
  });

  it.each(PROGRAMS)('ends with 1 where %s fails, and makes the others all the same', async (name) => {
    const { status, stdout } = await lint(name);
    expect(status).toBe(1);
    const ended = [...stdout.matchAll(/^lint: (\w+) .*: (nothing to say|exit code 3) \(\d+ s\)$/gm)].map(([, program, how]) => [program, how]);
    expect(ended).toHaveLength(PROGRAMS.length + 1);
    for (const [program, how] of ended) expect([program, how]).toEqual([program, program === name ? 'exit code 3' : 'nothing to say']);
  });

  it('ends with 1 where a program is not there', async () => {
    const root = newFolder('checkout');
    cpSync(join(import.meta.dirname, '..', '..', 'scripts', 'lint.mjs'), join(root, 'scripts', 'lint.mjs'));
    expect(await runScript(root, [join('scripts', 'lint.mjs')], { PATH: process.env.PATH ?? '' })).toMatchObject({ status: 1, stdout: expect.stringContaining('ENOENT') as unknown });
  });
});
