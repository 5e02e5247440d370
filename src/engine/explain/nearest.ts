// Nearest training examples: those whose features are most like those of an example that is explained (Papernot & McDaniel 2018, Deep k-Nearest Neighbors, arXiv:1803.04765). Features of
// the examples are computed some at a time and forgotten again.
import { ServiceError } from '../../contract/errors.js';
import type { Distance } from '../../contract/explain-method.js';
import { volume } from '../../contract/shape.js';
import { outputShape } from '../../models/architecture.js';
import type { Examples } from '../examples.js';
import { windowRowsOf, type Trunk } from '../features.js';
import { batchSizeFor, openForwardPass, type Compute } from '../forward.js';
import type { TensorFlow } from '../native.js';
import { buildNetwork, type Network } from '../network.js';
import { valuesOf } from '../values.js';
import { inputTensor, type OnCall } from './subject.js';

export interface Neighbour {
  /** Its index among the examples. */
  example: number;
  distance: number;
}

export interface NearestWanted {
  /** Gives features of any shape, which are taken as one row (`featureTrunk`). */
  trunk: Trunk;
  /** Where neighbours are looked for: of the trunk's input shape. */
  examples: Examples;
  /** Inputs whose neighbours are wanted, prepared, one after the other: float32. */
  queries: Float32Array;
  /** Neighbours of each. */
  count: number;
  distance: Distance;
  onCall: OnCall;
}

/**
 * Of each query its nearest examples, the nearest first; of equally near ones the first comes first. Fewer where there are fewer examples. An example's own copy is at distance 0, or at as much as
 * float32 sums in another order differ by (1e-7 of the features' size, where few examples go through the network another way than many).
 * @throws OUTPUT_NOT_FINITE
 */
export async function nearestExamples(tf: TensorFlow, { trunk, examples, queries, count, distance, onCall }: NearestWanted): Promise<Neighbour[][]> {
  const { architecture, weights } = trunk;
  const network = await buildNetwork(tf, architecture, weights);
  try {
    const wanted: Wanted[] = [];
    for (const some of featuresOfQueries(tf, network, queries)) {
      wanted.push(...some.map((features) => ({ features, squares: dot(features, features), nearest: [] })));
      await onCall();
    }
    let example = 0;
    for await (const some of featuresOfExamples(tf, network, examples)) {
      for (const features of some) {
        const of: Measured = { features, squares: dot(features, features) };
        for (const query of wanted) keepNearest(query, { example, distance: DISTANCES[distance](query, of) }, count);
        example += 1;
      }
      await onCall();
    }
    return wanted.map(({ nearest }) => nearest);
  } finally {
    network.dispose();
  }
}

function* featuresOfQueries(tf: TensorFlow, network: Network, queries: Float32Array): Generator<Float32Array[]> {
  const { architecture } = network;
  const most = batchSizeFor(architecture) * volume(architecture.input_shape);
  for (let from = 0; from < queries.length; from += most) {
    const some = valuesOf(tf, () => network.apply(inputTensor(tf, { network }, queries.subarray(from, from + most)), false));
    yield eachRow(some, volume(outputShape(architecture)));
  }
}

async function* featuresOfExamples(tf: TensorFlow, network: Network, examples: Examples): AsyncGenerator<Float32Array[]> {
  const { architecture } = network;
  const compute: Compute = (inputs) => ({ features: network.apply(inputs, false) });
  const pass = openForwardPass(tf, network, examples, compute, { windowRows: windowRowsOf(architecture) });
  try {
    for await (const some of pass.results()) yield eachRow(some, volume(outputShape(architecture)));
  } finally {
    pass.dispose();
  }
}

interface Measured {
  features: Float32Array;
  /** Σ of the squares of the features. */
  squares: number;
}

interface Wanted extends Measured {
  /** As found so far, the nearest first. */
  nearest: Neighbour[];
}

const eachRow = (values: Float32Array, width: number): Float32Array[] => Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));

/** Examples come in their order: one that is as far as another goes behind it. */
function keepNearest({ nearest }: Wanted, found: Neighbour, count: number): void {
  if (Number.isNaN(found.distance)) throw ServiceError.of('OUTPUT_NOT_FINITE');
  if (nearest.length === count && !(found.distance < (nearest.at(-1)?.distance ?? 0))) return;
  const place = nearest.findIndex(({ distance }) => found.distance < distance);
  nearest.splice(place < 0 ? nearest.length : place, 0, found);
  if (nearest.length > count) nearest.pop();
}

// In doubles, and of differences where it is one: by |a|² + |b|² − 2ab an example would not be at 0 from itself.
const DISTANCES: Readonly<Record<Distance, (one: Measured, other: Measured) => number>> = {
  cosine(one, other) {
    const squares = one.squares * other.squares;
    // Nothing points nowhere: it is like nothing else, and as far from all the rest.
    if (squares === 0) return one.squares === other.squares ? 0 : 1;
    return Math.max(0, 1 - dot(one.features, other.features) / Math.sqrt(squares));
  },
  euclidean({ features: one }, { features: other }) {
    let squares = 0;
    for (let at = 0; at < one.length; at += 1) squares += (one[at]! - other[at]!) ** 2;
    return Math.sqrt(squares);
  },
};

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += one[at]! * other[at]!;
  return sum;
}
