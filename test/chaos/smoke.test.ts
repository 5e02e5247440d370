// A few faults of each important kind, as "npm run chaos" strikes them; the whole table takes hours.
import { describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row } from '../../chaos/results.mjs';
import { requireBuilt } from '../support/built.js';

// A few seconds each on a machine at rest; waits end by their own conditions.
const GIVEN_UP_AFTER_MS = 160_000;
jest.setTimeout(180_000);

const RUN = fileURLToPath(new URL('../../chaos/run.mjs', import.meta.url));
const SEED = '1';

/** The rows of a run, and what it said on the way. */
function chaos(faults: string, times: number): Promise<{ code: number; said: string; rows: Row[] }> {
  requireBuilt();
  const args = [RUN, '--faults', faults, '--times', String(times), '--seed', SEED, '--json'];
  return new Promise((resolve) => {
    // Told to end, it ends what it has started.
    execFile(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' }, timeout: GIVEN_UP_AFTER_MS }, (error, stdout, stderr) => {
      const rows = stdout === '' ? [] : (JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { faults: Row[] }).faults;
      resolve({ code: error ? Number(error.code ?? -1) : 0, said: stderr, rows });
    });
  });
}

async function expectNothingFound(faults: string, times: number): Promise<void> {
  const { code, said, rows } = await chaos(faults, times);
  expect(rows.map(({ fault }) => fault)).toEqual(faults.split(','));
  // A fault that this machine cannot try says so on the console of the test.
  for (const { fault, skipped } of rows) if (skipped !== null) process.stderr.write(`${fault} was skipped: ${skipped}\n`);
  expect({ findings: rows.flatMap(({ findings }) => findings), code, said: code === 0 ? '' : said }).toEqual({ findings: [], code: 0, said: '' });
  for (const { tried, skipped } of rows) expect(skipped === null ? tried : times).toBeGreaterThanOrEqual(times);
}

/** The harness reads /proc. */
const onLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

onLinux('The service', () => {
  it('loses nothing to kill -9 of what trains and of what works', () => expectNothingFound('F1,F2', 1));
  it('loses nothing to a queue that is killed or wiped', () => expectNothingFound('F8,F12', 1));
});

onLinux('The commit path', () => {
  it('publishes once, whoever races', () => expectNothingFound('F7', 20));
  it('is in the old or the new state wherever it is killed', () => expectNothingFound('F26', 6));
});

onLinux('A checkpoint', () => {
  it('that was damaged is refused', () => expectNothingFound('F25', 60));
});

describe('npm run chaos', () => {
  it('refuses a fault that there is not, with its usage', async () => {
    const { code, said } = await chaos('F99', 1);
    expect(code).toBe(2);
    expect(said).toContain('There is no fault "F99"');
    expect(said).toContain('Usage:');
  });
});
