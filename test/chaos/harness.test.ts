// The fault harness itself: what it draws, finds and remembers. What it does to the service is in the tests beside this one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProblems } from '../../chaos/checker.mjs';
import { FAULTS } from '../../chaos/faults/registry.mjs';
import { Random } from '../../chaos/random.mjs';
import { rowOf } from '../../chaos/results.mjs';
import { State } from '../../chaos/state.mjs';
import { callsIn } from '../../chaos/tracer.mjs';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rootstock-harness-'));
});
afterAll(() => rm(folder, { recursive: true }));

const round = (number: number, tried = 1) => ({ round: number, tried, worst_recovery_seconds: number, finished: false, findings: [], notes: [], kept: null });

describe('The draws of a round', () => {
  const draws = (random: Random): number[] => Array.from({ length: 50 }, () => random.whole(0, 1_000_000));

  it('are the same for the same seed, fault and round, and others for any other', () => {
    expect(draws(new Random(7, 'F1', 'short', 3))).toEqual(draws(new Random(7, 'F1', 'short', 3)));
    const others = [new Random(8, 'F1', 'short', 3), new Random(7, 'F2', 'short', 3), new Random(7, 'F1', 'short', 4)].map((random) => draws(random).join());
    expect(new Set([draws(new Random(7, 'F1', 'short', 3)).join(), ...others]).size).toBe(4);
  });

  it('reach both ends of a range and every entry of a list', () => {
    const random = new Random(1);
    const seen = new Set(Array.from({ length: 200 }, () => random.whole(3, 6)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c']))).size).toBe(3);
  });
});

describe('The check of a bundle', () => {
  const bytes = Buffer.from('weights');
  const manifest = { files: [{ name: 'weights.bin', size_bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }] };
  const bundle = async (files: Record<string, Buffer>): Promise<string> => {
    const place = await mkdtemp(join(folder, 'bundle-'));
    for (const [name, content] of Object.entries({ 'manifest.json': Buffer.from('{}'), ...files })) await writeFile(join(place, name), content);
    return place;
  };

  it('finds nothing in a whole one', async () => {
    expect(await bundleProblems(await bundle({ 'weights.bin': bytes }), manifest)).toEqual([]);
  });

  it.each([
    ['a file that is missing', {}, 'weights.bin is not what the manifest says'],
    ['a file that was cut off', { 'weights.bin': bytes.subarray(1) }, 'weights.bin is not what the manifest says'],
    ['a byte that differs', { 'weights.bin': Buffer.from('weighty') }, 'weights.bin is not what the manifest says'],
    ['a file too many', { 'weights.bin': bytes, 'weights.bin.tmp': bytes }, 'weights.bin.tmp is not in the manifest'],
  ])('finds %s', async (_what, files, problem) => {
    expect(await bundleProblems(await bundle(files), manifest)).toEqual([problem]);
  });
});

describe('The state of a run', () => {
  it('goes on behind the last whole line, and keeps seeds, faults and timers apart', async () => {
    const place = join(folder, 'state');
    const first = new State(place, 5);
    first.add('F1', 'short', round(0));
    first.add('F1', 'production', round(0));
    first.add('F1', 'short', round(1));
    await appendFile(first.path, '{"fault":"F1","timers":"short","resu');
    expect(new State(place, 5).rounds('F1', 'short').map(({ round: number }) => number)).toEqual([0, 1]);
    expect(new State(place, 5).rounds('F2', 'short')).toEqual([]);
    expect(new State(place, 6).rounds('F1', 'short')).toEqual([]);
  });
});

describe('The row of a fault', () => {
  const [fault] = FAULTS as [(typeof FAULTS)[number]];

  it('counts what was found by kind and keeps the worst recovery', () => {
    const lost = { ...round(1), findings: [{ kind: 'lost' as const, text: 'a job' }, { kind: 'orphans' as const, text: 'a process' }] };
    expect(rowOf(fault, 'short', 3, [round(0), lost, round(2)], undefined)).toMatchObject({
      fault: 'F1', tried: 3, lost: 1, orphans: 1, duplicated: 0, other: 0, worst_recovery_seconds: 2, findings: ['lost: a job', 'orphans: a process'],
    });
  });

  it('does not pass where the fault struck less often than asked for', () => {
    expect(rowOf(fault, 'short', 3, [round(0)], undefined)).toMatchObject({ tried: 1, other: 1, findings: ['other: it struck 1 times of 3'] });
  });
});

describe('The table of faults', () => {
  it('names each once', () => {
    const ids = FAULTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('A trace', () => {
  it('is counted by thread and call, and only calls on the folder are points', () => {
    const trace = [
      '10 openat(AT_FDCWD</>, "/lib/x", O_RDONLY) = 3</lib/x>',
      '11 openat(AT_FDCWD</>, "/store/a", O_WRONLY) = 4</store/a>',
      '11 write(4</store/a>, "x", 1) = 1',
      '10 write(9<anon_inode:[eventfd]>, "", 8) = 8',
      '11 write(4</store/a>, "y", 1) = 1',
      '11 +++ exited with 0 +++',
    ];
    expect(callsIn(trace, '/store')).toEqual([{ call: 'openat', nth: 1 }, { call: 'write', nth: 1 }, { call: 'write', nth: 2 }]);
  });
});
