// How often bootstrap intervals hold what they are to hold, simulated: a program of its own, since draws are ten times slower in Jest's sandbox. Prints
// a document of shares by case.
import { stream } from '../../dist/engine/random.js';
import { bootstrapIntervals } from '../../dist/report/bootstrap.js';

const SAMPLES = 2_000;
const EXAMPLES = 400;
/** The ends are whole places then: the 5th and the 195th. */
const RESAMPLES = 199;

/** @param {readonly number[]} values @returns {(counts: Uint32Array) => number} */
const meanOf = (values) => (counts) => {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += (counts[at] ?? 0) * (values[at] ?? 0);
  return sum / values.length;
};
/** @param {readonly number[]} values @returns {(counts: Uint32Array) => number} */
const rootOf = (values) => {
  const squares = meanOf(values.map((value) => value ** 2));
  return (counts) => Math.sqrt(squares(counts));
};

/** @typedef {ReturnType<typeof stream>} Draws */
/** What an example is, what is measured, and what infinitely many would show. @type {[string, (draws: Draws) => number, typeof meanOf, number][]} */
const CASES = [
  ['share', (draws) => (draws.uniform() < 0.8 ? 1 : 0), meanOf, 0.8],
  ['mean', (draws) => -Math.log(1 - draws.uniform()), meanOf, 1],
  ['root', (draws) => draws.normal(), rootOf, 1],
];

/** @type {Record<string, number>} */
const held = {};
for (const [name, one, statistic, truth] of CASES) {
  let count = 0;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const draws = stream(7, `simulated/${name}`, sample);
    const values = Array.from({ length: EXAMPLES }, () => one(draws));
    const [interval] = await bootstrapIntervals([statistic(values)], { examples: EXAMPLES, resamples: RESAMPLES, seed: sample });
    if (interval && interval[0] <= truth && truth <= interval[1]) count += 1;
  }
  held[name] = count / SAMPLES;
}
process.stdout.write(JSON.stringify(held));
