// The resident size of a process over ten thousand steps and two hundred captures (docs/decisions/recorded-steps.md, "Memory over many captures").
import { expect, it } from '@jest/globals';
import { growth } from './memory-growth.js';

it.each([
  ['recorded-steps', 10_000, 1_000, 8],
  ['plain-steps', 3_000, 300, 5],
  ['captures', 200, 10, 10],
] as const)('stays flat over many %s', async (what, count, every, most) => {
  const { megabytes, tensors, sizes } = await growth(what, count, every);
  process.stderr.write(`${what}: ${sizes.join(' ')} MB\n`);
  expect(megabytes).toBeLessThan(most);
  expect(tensors).toBe(0);
}, 900_000);
