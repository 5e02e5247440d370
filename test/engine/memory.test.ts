// The resident size of a process that trains. What leaks in a step or a capture shows within a few; the long test takes many.
import { expect, it } from '@jest/globals';
import { growth } from './memory-growth.js';

// A leak of one batch of the test (100 kB) a step, or of one graph (1 MB) a capture, comes to more than twice the bound.
it.each([
  ['recorded-steps', 900, 100, 8],
  ['plain-steps', 640, 80, 20],
  ['captures', 36, 6, 12],
] as const)('does not grow over %s', async (what, count, every, most) => {
  const { megabytes, tensors } = await growth(what, count, every);
  expect(megabytes).toBeLessThan(most);
  expect(tensors).toBe(0);
}, 120_000);
