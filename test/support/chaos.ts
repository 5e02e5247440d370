// A few blows by "npm run chaos", as the tests make them.
import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row } from '../../chaos/results.mjs';
import { requireBuilt } from './built.js';

const RUN = fileURLToPath(new URL('../../chaos/run.mjs', import.meta.url));
const SEED = '1';
const GIVEN_UP_AFTER_MS = 160_000;
/** For a test of one run: a few seconds on a machine at rest; its waits end by their own conditions. */
export const CHAOS_TEST_MS = GIVEN_UP_AFTER_MS + 20_000;

/** The harness reads /proc. */
export const ON_LINUX = existsSync('/proc/self/stat');

/** The rows of a run, and what it said on the way. */
export function chaos(faults: string, times: number): Promise<{ code: number; said: string; rows: Row[] }> {
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

/** Strikes each so often; what this machine cannot try is named on the console. */
export async function expectNothingFound(faults: string, times: number): Promise<void> {
  const { code, said, rows } = await chaos(faults, times);
  for (const { fault, skipped } of rows) if (skipped !== null) process.stderr.write(`${fault} was skipped: ${skipped}\n`);
  expect({ code, findings: rows.flatMap(({ findings }) => findings), said: code === 0 ? '' : said }).toEqual({ code: 0, findings: [], said: '' });
  expect(rows.map(({ fault }) => fault)).toEqual(faults.split(','));
  for (const { tried, skipped } of rows) if (skipped === null) expect(tried).toBeGreaterThanOrEqual(times);
}
