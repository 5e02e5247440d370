// How likely a network takes the class it names: against the formula, plainly and recorded; and beside it nothing changes.
import { describe, expect, it } from '@jest/globals';
import { resolveLoss, type LossRequest } from '#contract/losses.js';
import { evaluateEach } from '#engine/evaluate.js';
import { floatExamples, type Examples } from '#engine/examples.js';
import { allResults, plainPass, replayedPass, type Compute } from '#engine/forward.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import type { Objective } from '#engine/objectives/objective.js';
import { withProbability } from '#engine/objectives/probability.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { stream } from '#engine/random.js';
import { classTargets } from '#engine/targets.js';
import { probabilityBy, type ProbabilityBy } from '#models/output-layer.js';
import { dense, everyTestFreesItsTensors, largestDifference, network } from '../../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const COUNT = 7_003; // enough to be recorded, the last batch short
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softmax = (row: readonly number[]): number[] => {
  const powers = row.map((logit) => Math.exp(logit - Math.max(...row)));
  return powers.map((power) => power / powers.reduce((sum, one) => sum + one));
};
/** Of each class. */
const FORMULAS: Record<ProbabilityBy, (row: readonly number[]) => number[]> = { softmax, sigmoid: (row) => row.map(sigmoid), outputs: (row) => [...row] };

const objectiveOf = (loss: LossRequest, classes: number): Objective => makeObjective(tf, { loss: resolveLoss(loss), class_weights: null }, classes);
const random = (units: number, from: number, to: number): number[][] => {
  const draws = stream(1, `test/probability/${units}`);
  return Array.from({ length: COUNT }, () => Array.from({ length: units }, () => from + ((to - from) * draws.below(1000)) / 1000));
};
const examplesOf = (rows: readonly number[][], classes: number): Examples =>
  floatExamples(Float32Array.from(rows.flat()), [rows[0]!.length], classTargets(Int32Array.from(rows, (_, at) => at % classes)));
const identity = (units: number): Promise<Network> => {
  const architecture = network([units], [{ class_name: 'Activation', config: { activation: 'linear' } }]);
  return buildNetwork(tf, architecture, freshWeights(architecture, 1));
};

describe('the probability of the class that is predicted', () => {
  it.each<[string, LossRequest['name'], ProbabilityBy, number, number, number[][]]>([
    ['a softmax', 'sparse_categorical_crossentropy', 'softmax', 3, 3, random(3, -8, 8)],
    ['a sigmoid of each class', 'binary_crossentropy', 'sigmoid', 3, 3, random(3, -8, 8)],
    ['a sigmoid for two classes', 'binary_crossentropy', 'sigmoid', 1, 2, random(1, -8, 8)],
    ['outputs that are probabilities', 'mean_squared_error', 'outputs', 3, 3, random(3, 0, 1)],
    ['one output that is a probability', 'mean_squared_error', 'outputs', 1, 2, random(1, 0, 1)],
  ])('by %s is the formula’s, recorded or not', async (_what, name, by, units, classes, rows) => {
    const objective = withProbability(tf, objectiveOf({ name }, classes), by);
    const running = await identity(units);
    const examples = examplesOf(rows, classes);
    const { evaluated, each } = await evaluateEach(tf, running, examples, objective);
    const probabilities = rows.map((row) => FORMULAS[by](row.map(Math.fround))).map((given) => (units === 1 ? [1 - given[0]!, given[0]!] : given));
    expect(largestDifference(each.probability!, probabilities.map((given, at) => given[each.predicted![at]!]!))).toBeLessThan(1e-6);
    for (const [at, given] of probabilities.entries()) expect(Math.max(...given) - given[each.predicted![at]!]!).toBeLessThan(1e-6);

    const compute: Compute = (inputs, targets) => objective.ofExamples(running.apply(inputs, false), targets);
    const recorded = replayedPass(tf, running, examples, compute, 500);
    expect(largestDifference(await allResults(recorded), await allResults(plainPass(tf, examples, compute, 500)))).toBeLessThan(1e-5);
    recorded.dispose();

    const alone = await evaluateEach(tf, running, examples, objectiveOf({ name }, classes));
    expect(evaluated).toEqual(alone.evaluated);
    expect(each.loss).toEqual(alone.each.loss);
    running.dispose();
  });

  it('is found by what the network ends in, and by its loss', () => {
    const ending = (units: number, activation: 'softmax' | 'sigmoid' | 'linear') => network([4], [dense(units, activation)]);
    expect(probabilityBy(ending(3, 'softmax'), 'sparse_categorical_crossentropy')).toBe('softmax');
    expect(probabilityBy(ending(1, 'sigmoid'), 'binary_crossentropy')).toBe('sigmoid');
    expect(probabilityBy(ending(3, 'softmax'), 'mean_squared_error')).toBe('outputs');
    expect(probabilityBy(ending(3, 'linear'), 'mean_squared_error')).toBeNull();
  });
});
