// Fault points: each is where the table says, none is anywhere else, and production has nothing at them.
import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAULT_POINTS } from '#faults/points.js';
import { requireBuilt } from '../support/built.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const sources = ['src', 'workers'].flatMap((folder) =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`),
);

describe('the fault points', () => {
  it('are passed once each, in the file that the table names', () => {
    const passed = sources.flatMap((file) => [...readFileSync(`${ROOT}${file}`, 'utf8').matchAll(/await faultPoint\('([\w.-]+)'\)/g)].map(([, name]) => `${name!} ${file}`));
    expect(passed.sort()).toEqual(Object.entries(FAULT_POINTS).map(([name, { file }]) => `${name} ${file}`).sort());
  });

  it('are nothing in production, whose processes never load what arms them', () => {
    requireBuilt();
    const loaded = (conditions: string[]): string[] => {
      const program = `
        import { register } from 'node:module';
        register('data:text/javascript,' + encodeURIComponent(\`
          import { writeSync } from 'node:fs';
          export async function load(url, context, next) { writeSync(1, url + "\\\\n"); return next(url, context); }
        \`));
        await import('./dist/service.js');
        await import('./dist/workers/train-attempt.js');`;
      const printed = execFileSync(process.execPath, [...conditions, '--input-type=module', '-e', program], { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH } });
      return printed.split('\n').filter((url) => url.includes('/dist/faults/')).map((url) => url.slice(url.lastIndexOf('/') + 1));
    };
    expect(loaded([])).toEqual(['none.js']);
    expect(loaded(['--conditions=fault-points'])).toEqual(['armed.js']);
  });
});
