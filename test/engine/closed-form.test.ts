// Output layers in closed form: each against its formula, computed here another way, and what they leave alone.
import { describe, expect, it } from '@jest/globals';
import type { Architecture } from '#contract/layers.js';
import { resolveSolver, type SolverRequest } from '#contract/solvers.js';
import { evaluate } from '#engine/evaluate.js';
import { floatExamples, type Examples } from '#engine/examples.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeObjective } from '#engine/objectives/registry.js';
import type { Objective } from '#engine/objectives/objective.js';
import { stream } from '#engine/random.js';
import { solve } from '#engine/solve.js';
import { solvePositiveDefinite } from '#engine/solvers/cholesky.js';
import { ledoitWolf } from '#engine/solvers/lda.js';
import type { Solved } from '#engine/solvers/solver.js';
import { classTargets, valueTargets } from '#engine/targets.js';
import type { Weights } from '#models/weights.js';
import { crossEntropy, dense, everyTestFreesItsTensors, failureOfPromise, largestDifference, logitsOf, network, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const [WIDTH, CLASSES] = [5, 3];
const HEAD = network([WIDTH], [{ class_name: 'Dense', config: { units: CLASSES, activation: 'linear' } }]);
/** More than one batch, and no whole number of batches. */
const COUNT = 1203;
const draws = stream(4, 'test/closed-form');
const XS = Float32Array.from({ length: COUNT * WIDTH }, (_, at) => draws.uniform() + 0.5 * Math.sin((at % WIDTH) * (Math.floor(at / WIDTH) % CLASSES)) + (at % WIDTH));
const LABELS = Int32Array.from({ length: COUNT }, (_, row) => row % CLASSES);
const rowOf = (row: number): number[] => Array.from(XS.subarray(row * WIDTH, (row + 1) * WIDTH));
const ROWS = Array.from({ length: COUNT }, (_, row) => rowOf(row));

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
const meanOf = (rows: readonly number[][]): number[] => rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length);
/** Gauss and Jordan, with pivots: another way than the code's. */
function inverse(matrix: readonly number[][]): number[][] {
  const size = matrix.length;
  const work = matrix.map((row, at) => [...row, ...Array.from({ length: size }, (_, column) => (column === at ? 1 : 0))]);
  for (let column = 0; column < size; column += 1) {
    const pivot = work.slice(column).reduce((best, row, at) => (Math.abs(row[column]!) > Math.abs(work[best]![column]!) ? at + column : best), column);
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    work.forEach((row, at) => {
      const factor = at === column ? 1 - 1 / work[column]![column]! : row[column]! / work[column]![column]!;
      const source = [...work[column]!];
      row.forEach((value, place) => (row[place] = value - factor * source[place]!));
    });
  }
  return work.map((row) => row.slice(size));
}
const outer = (rows: readonly number[][]): number[][] => rows[0]!.map((_, i) => rows[0]!.map((__, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));

async function solved(asked: SolverRequest, { architecture = HEAD, examples = floatExamples(XS, [WIDTH], classTargets(LABELS)), objective = crossEntropy(tf), goesOn = async () => true }: { architecture?: Architecture; examples?: Examples; objective?: Objective; goesOn?: () => Promise<boolean> } = {}): Promise<{ weights: Weights; end: Solved; loss: number }> {
  const running = await buildNetwork(tf, architecture, freshWeights(architecture, 1));
  const variables = new Map([...running.variables].slice(-2));
  try {
    const end = await solve(tf, { network: running, objective, variables, examples, solver: resolveSolver(asked, examples.count) }, goesOn);
    return { weights: running.readWeights(), end, loss: (await evaluate(tf, running, examples, objective)).measures.loss };
  } finally {
    running.dispose();
  }
}
const kernelOf = (weights: Weights, of: number): number[] => Array.from({ length: WIDTH }, (_, at) => weights.get('dense_1/kernel')![at * CLASSES + of]!);

describe('linear equations', () => {
  it('are solved where the matrix is positive definite, and not where it is not', () => {
    const matrix = Float64Array.of(4, 2, 2, 3);
    expect(largestDifference(solvePositiveDefinite(matrix, Float64Array.of(10, 1, 8, 0), 2)!, [1.75, 0.375, 1.5, -0.25])).toBeLessThan(1e-12);
    expect(solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2)).toBeUndefined();
    expect(solvePositiveDefinite(new Float64Array(4), Float64Array.of(1, 1), 2)).toBeUndefined();
  });
});

describe('ridge', () => {
  it.each([0.01, 2])('on classes as 0 and 1 is (Φᵀ Φ + n λ I)⁻¹ Φᵀ Y over centred columns (λ = %d)', async (l2) => {
    const { weights, end, loss } = await solved({ name: 'ridge', l2 });
    const mean = meanOf(ROWS);
    const centred = ROWS.map((row) => row.map((value, at) => value - mean[at]!));
    const inverted = inverse(outer(centred).map((row, at) => row.map((value, column) => value + (at === column ? COUNT * l2 : 0))));
    for (let of = 0; of < CLASSES; of += 1) {
      const cross = mean.map((_, at) => centred.reduce((sum, row, index) => sum + row[at]! * (LABELS[index] === of ? 1 : 0), 0));
      const expected = inverted.map((row) => dot(row, cross));
      expect(largestDifference(kernelOf(weights, of), expected)).toBeLessThan(1e-5);
      expect(weights.get('dense_1/bias')![of]).toBeCloseTo(401 / COUNT - dot(expected, mean), 4);
    }
    expect(end).toMatchObject({ iterations: 1, converged: true, examplesSeen: 3 * COUNT });
    expect(end.measures.loss).toBe(loss);
  });

  it('on values is what lbfgs comes to by the mean squared error', async () => {
    const values = Float32Array.from(ROWS, (row) => 3 * row[0]! - row[1]! + 2 + row[2]! ** 2);
    const line = network([WIDTH], [{ class_name: 'Dense', config: { units: 1, activation: 'linear' } }]);
    const asked = { architecture: line, examples: floatExamples(XS, [WIDTH], valueTargets(values, 1)), objective: makeObjective(tf, { loss: { name: 'mean_squared_error' }, class_weights: null }, null) };
    const [closed, iterated] = [await solved({ name: 'ridge', l2: 0.05 }, asked), await solved({ name: 'lbfgs', l2: 0.1 }, asked)];
    expect(largestDifference(closed.weights.get('dense_1/kernel')!, iterated.weights.get('dense_1/kernel')!)).toBeLessThan(2e-3);
  });

  it('is refused where nothing decides between many answers', async () => {
    const twice = Float32Array.from({ length: 2 * COUNT }, (_, at) => XS[Math.floor(at / 2) * WIDTH]!);
    const two = network([2], [{ class_name: 'Dense', config: { units: CLASSES, activation: 'linear' } }]);
    const examples = floatExamples(twice.map(() => 1), [2], classTargets(LABELS));
    expect(await failureOfPromise(solved({ name: 'ridge', l2: 0 }, { architecture: two, examples }))).toMatchObject({ code: 'NOT_SOLVABLE' });
    await solved({ name: 'ridge' }, { architecture: two, examples });
  });
});

describe('lda', () => {
  it.each([0, 0.3, 1])('has logits μᵀ Σ⁻¹ φ − μᵀ Σ⁻¹ μ / 2 + log of how frequent the class is (shrunk by %d)', async (shrinkage) => {
    // The classes are not of one size.
    const labels = LABELS.map((label, row) => (label === 2 && row % 2 === 0 ? 1 : label));
    const { weights } = await solved({ name: 'lda', shrinkage }, { examples: floatExamples(XS, [WIDTH], classTargets(labels)) });
    const means = [0, 1, 2].map((of) => meanOf(ROWS.filter((_, row) => labels[row] === of)));
    const left = ROWS.map((row, at) => row.map((value, column) => value - means[labels[at]!]![column]!));
    const within = outer(left).map((row) => row.map((value) => value / COUNT));
    const spread = within.reduce((sum, row, at) => sum + row[at]!, 0) / WIDTH;
    const inverted = inverse(within.map((row, at) => row.map((value, column) => (1 - shrinkage) * value + (at === column ? shrinkage * spread : 0))));
    for (const [of, mean] of means.entries()) {
      const kernel = inverted.map((row) => dot(row, mean));
      expect(largestDifference(kernelOf(weights, of), kernel)).toBeLessThan(2e-3 * Math.max(...kernel.map(Math.abs)));
      const prior = labels.filter((label) => label === of).length / COUNT;
      const bias = Math.log(prior) - dot(kernel, mean) / 2;
      expect(Math.abs(weights.get('dense_1/bias')![of]! - bias)).toBeLessThan(2e-3 * Math.abs(bias));
    }
  });

  it('shrinks as Ledoit and Wolf do, with the value of the design', () => {
    // The design's features A: feats(60, 8, 4, 12345, 0.6), centred.
    let x = 12345;
    const next = (): number => (x = (1664525 * x + 1013904223) % 2 ** 32) / 2 ** 32 - 0.5;
    const rows = Array.from({ length: 60 }, (_, row) => Array.from({ length: 8 }, (__, column) => next() + (column === (row % 4) % 8 ? 0.6 : 0)));
    expect(rows[0]![0]).toBeCloseTo(0.12040268573909996, 12);
    const mean = meanOf(rows);
    const centred = rows.map((row) => row.map((value, at) => value - mean[at]!));
    const covariance = Float64Array.from(outer(centred).flat(), (value) => value / 60);
    expect(ledoitWolf(covariance, 8, 60, centred.reduce((sum, row) => sum + dot(row, row) ** 2, 0))).toBeCloseTo(0.5322613092493601, 9);
  });

  it('of one example for each class takes the nearest mean, and a class without any nowhere', async () => {
    const points = Float32Array.of(0, 0, 4, 0, 0, 4);
    const plane = network([2], [{ class_name: 'Dense', config: { units: 4, activation: 'linear' } }]);
    const { weights } = await solved({ name: 'lda' }, { architecture: plane, examples: floatExamples(points, [2], classTargets(Int32Array.of(0, 1, 2))), objective: crossEntropy(tf, 4) });
    expect(Array.from(weights.get('dense_1/kernel')!).filter((_, at) => at % 4 < 3)).toEqual([0, 4, 0, 0, 0, 4]);
    const bias = Array.from(weights.get('dense_1/bias')!);
    expect(bias[1]! - bias[0]!).toBeCloseTo(-8, 5);
    expect(bias.every(Number.isFinite)).toBe(true);
  });
});

describe('cosine', () => {
  it('takes the class whose mean direction is nearest, however long the features are', async () => {
    const { weights } = await solved({ name: 'cosine', scale: 7 });
    const length = (row: readonly number[]): number => Math.hypot(...row);
    const unit = (row: readonly number[]): number[] => row.map((value) => value / length(row));
    const lengths = ROWS.reduce((sum, row) => sum + length(row), 0) / COUNT;
    for (let of = 0; of < CLASSES; of += 1) {
      const expected = unit(meanOf(ROWS.filter((_, row) => LABELS[row] === of).map(unit))).map((value) => (7 * value) / lengths);
      expect(largestDifference(kernelOf(weights, of), expected)).toBeLessThan(1e-5);
    }
    expect(Array.from(weights.get('dense_1/bias')!)).toEqual([0, 0, 0]);
    // An example of the usual length in the direction of a class has the scale as its logit.
    const along = unit(kernelOf(weights, 1)).map((value) => value * lengths);
    expect(dot(along, kernelOf(weights, 1))).toBeCloseTo(7, 4);
  });
});

describe('every closed form', () => {
  const deep = logitsOf(network([4, 4, 1], [{ class_name: 'Flatten' }, dense(8), { class_name: 'BatchNormalization' }, { class_name: 'Dropout', config: { rate: 0.5 } }, dense(3, 'softmax')]));
  const names = ['ridge', 'lda', 'cosine'] as const;

  it.each(names)('%s learns behind other layers, which keep their bytes', async (name) => {
    const { weights, end } = await solved({ name }, { architecture: deep, examples: stripes(90) });
    for (const [path, values] of freshWeights(deep, 1)) if (!path.startsWith('dense_2/')) expect(weights.get(path)).toEqual(values);
    expect(end.measures.accuracy).toBeGreaterThan(0.9);
  });

  it.each(names)('%s is the same each time, and leaves all as it is where it is told to leave off', async (name) => {
    const [first, again] = [await solved({ name }), await solved({ name })];
    expect(again.weights).toEqual(first.weights);
    const left = await solved({ name }, { goesOn: async () => false });
    expect(left.weights).toEqual(freshWeights(HEAD, 1));
    expect(left.end).toMatchObject({ iterations: 0, converged: false });
  });
});
