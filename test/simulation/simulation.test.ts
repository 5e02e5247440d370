// The state machine of jobs in simulated worlds in which things break: see README.md beside this file.
import { describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FAULT_POINTS, type FaultPoint } from '#faults/points.js';
import { simulate, tell, type Result } from './simulation.js';

const SEEDS = 200;
jest.setTimeout(300_000);

/** A world has no folder, nothing that is sent is read in it, its training process is a double, and its jobs have no names. */
const NOT_PASSED: readonly FaultPoint[] = ['ingest.publish.fail', 'import.publish.fail', 'train.call.fail', 'export.written.fail', 'version.claimed.fail', 'version.given.fail'];
const POINTS = (Object.keys(FAULT_POINTS) as FaultPoint[])
  .filter((name) => !FAULT_POINTS[name].file.startsWith('src/store/') && !NOT_PASSED.includes(name))
  .sort();
const kept = JSON.parse(readFileSync(new URL('./kept-seeds.json', import.meta.url), 'utf8')) as { seed: number; why: string }[];
const only = process.env.SEED;

async function expectNothingFound(seed: number): Promise<Result> {
  const result = await simulate(seed);
  if (result.findings.length > 0) throw new Error(tell(result, only === undefined ? 200 : Infinity));
  return result;
}

const worlds = (): void => {
  it.each(kept.map(({ seed, why }) => [seed, why] as const))('seed %d: %s', (seed) => expectNothingFound(seed));

  it(`hold what they must and come to their end, ${SEEDS} of them`, async () => {
    const results: Result[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) results.push(await expectNothingFound(seed));
    // Else it was no test: each way to end was gone, and each point struck that is not the disk's own (test/faults/ has those).
    expect([...new Set(results.flatMap(({ ended }) => Object.keys(ended)))].sort()).toEqual(['cancelled', 'expired', 'failed', 'succeeded']);
    expect([...new Set(results.flatMap(({ struck }) => [...struck.keys()]))].sort()).toEqual(POINTS);
  });

  it('are the same again from the same seed', async () => {
    const [first, second] = [await simulate(7), await simulate(7)];
    expect(second.trace).toEqual(first.trace);
    expect(second.ended).toEqual(first.ended);
  });
};

if (only === undefined) describe('simulated worlds', worlds);
else it(`one simulated world, of SEED=${only}`, () => expectNothingFound(Number(only)));
