// The set-up as a whole, on a checkout whose npm packages and engine are stand-ins: what it says, how often it works, how fast it ends.
import { appendFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { requirePlatform } from '../../scripts/setup/tools.mjs';
import { fakeCheckout, pretendEngine, runScript } from './fake-checkout.js';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const setup = join('scripts', 'setup.mjs');

function newCheckout() {
  const root = fakeCheckout(newFolder('checkout'));
  pretendEngine(root);
  const env = { PATH: process.env.PATH ?? '', ROOTSTOCK_CACHE: newFolder('cache'), REDIS_URL: 'redis://queue:6379' };
  return { root, env };
}

describe('node scripts/setup.mjs', () => {
  it('builds, then has nothing to do or say for the second run, which ends within 2 seconds', async () => {
    const { root, env } = newCheckout();
    const first = await runScript(root, [setup, '--quiet'], env);
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toContain('build: tsc -b');
    expect(existsSync(join(root, 'dist', 'src', 'index.js'))).toBe(true);
    const second = await runScript(root, [setup, '--quiet'], env);
    expect(second).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(second.seconds).toBeLessThan(2);
  });

  it('builds again when a source changed, and again after a build that failed', async () => {
    const { root, env } = newCheckout();
    expect((await runScript(root, [setup], env)).status).toBe(0);
    appendFileSync(join(root, 'src', 'index.ts'), "export const wrong: number = 'word';\n");
    for (const attempt of ['first', 'second']) {
      const { status, stderr } = await runScript(root, [setup], env);
      expect([attempt, status, stderr]).toEqual([attempt, 1, expect.stringContaining("Type 'string' is not assignable to type 'number'")]);
    }
    writeFileSync(join(root, 'src', 'index.ts'), 'export const mended = true;\n');
    expect((await runScript(root, [setup], env)).status).toBe(0);
    expect(readFileSync(join(root, 'dist', 'src', 'index.js'), 'utf8')).toContain('mended');
  });

  it('does the work once when two set-ups start together', async () => {
    const { root, env } = newCheckout();
    const both = await Promise.all([runScript(root, [setup], env), runScript(root, [setup], env)]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect(both.map(({ stderr }) => stderr).join('').match(/build: tsc -b/g)).toHaveLength(1);
  });

  it('records the queue server it found, and never the address that REDIS_URL holds', async () => {
    const { root, env } = newCheckout();
    await runScript(root, [setup], { ...env, REDIS_URL: 'redis://:secret@queue:6379' });
    const record = readFileSync(join(root, 'node_modules', '.rootstock', 'queue-server.json'), 'utf8');
    expect(JSON.parse(record)).toEqual({ path: null, version: null, source: 'url' });
  });

  it('names every missing tool at once, with the command for each system, before it starts', async () => {
    const root = fakeCheckout(newFolder('checkout'));
    const { status, stderr } = await runScript(root, [setup], { PATH: '', ROOTSTOCK_CACHE: newFolder('cache') });
    expect(status).toBe(1);
    expect(stderr.split('\n')).toEqual([
      'rootstock: missing: python3, pip for python3, a C++ compiler. Install with',
      expect.stringMatching(/^ {2}Debian, Ubuntu: {2}sudo apt-get install -y python3 python3-pip g\+\+$/),
      expect.stringMatching(/^ {2}Fedora: +sudo dnf install -y python3 python3-pip gcc-c\+\+$/),
      expect.stringMatching(/^ {2}macOS: +xcode-select --install$/),
      '',
    ]);
  });

  it('asks for npm where the packages are missing, and not for pip where the wheels are in a folder', async () => {
    const root = fakeCheckout(newFolder('checkout'));
    rmSync(join(root, 'node_modules', '.package-lock.json'));
    const env = { PATH: '', ROOTSTOCK_CACHE: newFolder('cache'), ROOTSTOCK_WHEELS: newFolder('wheels') };
    const { stderr } = await runScript(root, [setup], env);
    expect(stderr).toContain('missing: npm, python3, a C++ compiler.');
  });

  it('takes the compiler that CXX names', async () => {
    const root = fakeCheckout(newFolder('checkout'));
    const bin = newFolder('bin');
    symlinkSync(process.execPath, join(bin, 'my-compiler'));
    const env = { PATH: bin, CXX: 'my-compiler -fast', ROOTSTOCK_CACHE: newFolder('cache') };
    expect((await runScript(root, [setup], env)).stderr).toContain('missing: python3, pip for python3. Install');
  });

  it('refuses an unknown engine with its usage and status 2', async () => {
    const { root, env } = newCheckout();
    const { status, stderr } = await runScript(root, [setup, '--engine', 'abacus'], env);
    expect(status).toBe(2);
    expect(stderr).toContain('There is no engine "abacus".\nUsage: node scripts/setup.mjs');
  });
});

describe('the platform', () => {
  it('is refused on Windows itself, with WSL2 named', () => {
    expect(() => requirePlatform('22.0.0', 'win32')).toThrow('WSL2');
  });

  it.each(['18.20.8', '20.19.9', '20.20.1'])('is refused with Node.js %s', (version) => {
    expect(() => requirePlatform(version, 'linux')).toThrow(`Node.js ${version} is too old`);
  });

  it.each(['20.20.2', '20.21.0', '22.0.0', '24.11.1'])('is accepted with Node.js %s', (version) => {
    expect(() => requirePlatform(version, 'linux')).not.toThrow();
  });
});
