// What fuzzing found once stays found: every input that made a reader fail is read again. And a failure is seen for what it is.
import { afterEach, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { Draw } from '../simulation/draw.js';
import { keptInputs } from './corpus.js';
import { mutated } from './mutate.js';
import { Reader } from './reader.js';
import { SEEDS } from './seeds.js';
import { TARGETS, targetOf, type Input } from './targets.js';

const PROGRAM = fileURLToPath(new URL('./faulty.ts', import.meta.url));
const that = (text: string): Input => [Buffer.from(text)];
let reader: Reader | undefined;
afterEach(async () => reader?.close());

describe('The process that reads inputs', () => {
  it.each([['throw', 'unexpected'], ['abort', 'crash'], ['exit', 'crash'], ['loop', 'hang'], ['grow', 'memory'], ['sound', 'sound']])('over one that has it %s: %s', async (deed, kind) => {
    reader = await Reader.start(targetOf('csv'), that('sound'), { program: PROGRAM, mostMs: 2_000 });
    expect(await reader.read(that(deed))).toMatchObject({ kind });
  });
});

describe('An input that once made a reader fail', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))('is read, or refused with a code: %s', async (_, target) => {
    const found = [...(await keptInputs('found', target))];
    if (found.length === 0) return;
    reader = await Reader.start(target, (await SEEDS[target.name]!())[0]!);
    for (const [name, input] of found) expect([name, await reader.read(input)]).toEqual([name, expect.objectContaining({ kind: 'sound' })]);
  });
});

describe('Changes', () => {
  it('are the same for the same draws, and leave the input as it was', async () => {
    for (const target of TARGETS) {
      const [input, other = input] = (await SEEDS[target.name]!()) as [Input, Input?];
      const before = input.map((bytes) => Buffer.from(bytes));
      const made = [1, 1, 2].map((seed) => {
        const draw = new Draw(seed);
        return Array.from({ length: 20 }, () => mutated(input, { draw, target, other: other }).map((bytes) => Buffer.from(bytes).toString('hex')));
      });
      expect(made[1]).toEqual(made[0]);
      expect(made[2]).not.toEqual(made[0]);
      expect(input.map((bytes) => Buffer.from(bytes))).toEqual(before);
    }
  });
});
