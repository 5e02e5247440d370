// A minute of fuzzing, over what was kept of longer ones.
import { expect, it } from '@jest/globals';
import { fuzz } from './campaign.js';
import { SEEDS } from './seeds.js';
import { TARGETS } from './targets.js';

const MS_EACH = 60_000 / TARGETS.length;

it.each(TARGETS.map((target) => [target.name, target] as const))('%s is read or refused, whatever is changed in it', async (name, target) => {
  const { findings, answers } = await fuzz(target, { seed: 1, ms: MS_EACH });
  expect(findings).toEqual([]);
  expect(answers.get('ready')).toBeGreaterThanOrEqual((await SEEDS[name]!()).length);
}, 300_000);
