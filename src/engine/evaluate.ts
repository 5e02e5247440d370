// A network over all examples, in order and without training: what its objective measures of them, or its outputs.
import type { Examples } from './examples.js';
import { allResults, openForwardPass, type Compute, type ForwardPass } from './forward.js';
import { joined } from './joined.js';
import type { TensorFlow } from './native.js';
import type { Network } from './network.js';
import type { Evaluated, Objective } from './objectives/objective.js';

/** What was measured of all examples, and what each of them came to, by the names of the objective. */
export interface EvaluatedEach {
  evaluated: Evaluated;
  each: Readonly<Record<string, Float32Array>>;
}

/** Evaluates the same network on the same examples again and again, each time by its weights as they are then. */
export class Evaluation {
  private readonly pass: ForwardPass;
  /** Names of what each example comes to, in the order in which a batch gives them. */
  private names: readonly string[] = [];

  /** @param runs how often it will be asked, about */
  constructor(tf: TensorFlow, network: Network, private readonly examples: Examples, private readonly objective: Objective, runs: number) {
    const measure: Compute = (inputs, targets) => {
      const results = objective.ofExamples(network.apply(inputs, false), targets);
      this.names = Object.keys(results);
      return results;
    };
    this.pass = openForwardPass(tf, network, examples, measure, { runs });
  }

  /** Exact over the examples: computed on the host, in doubles, from what each of them came to. */
  async measure(): Promise<Evaluated> {
    return (await this.measureEach()).evaluated;
  }

  /** The same, with what it was computed from. @param onCall awaited after each call into TensorFlow, told how many examples went through it; what it throws ends the work */
  async measureEach(onCall: (examples: number) => Promise<void> = async () => undefined): Promise<EvaluatedEach> {
    const results: Float32Array[] = [];
    for await (const some of this.pass.results()) {
      results.push(some);
      await onCall(some.length / this.names.length);
    }
    const each = this.byName(joined(results));
    return { evaluated: this.objective.overAll(each, this.examples.targets), each };
  }

  /** A batch gives one result of all its examples after the other. */
  private byName(values: Float32Array): EvaluatedEach['each'] {
    const { count } = this.examples;
    const width = this.names.length;
    const results = this.names.map((name) => [name, new Float32Array(count)] as const);
    for (let start = 0; start < count; start += this.pass.batchSize) {
      const size = Math.min(this.pass.batchSize, count - start);
      for (const [at, [, column]] of results.entries()) {
        const from = start * width + at * size;
        column.set(values.subarray(from, from + size), start);
      }
    }
    return Object.fromEntries(results);
  }

  dispose(): void {
    this.pass.dispose();
  }
}

/** What the objective measures of a network that gives what it asks for: logits, or values. */
export const evaluate = async (tf: TensorFlow, network: Network, examples: Examples, objective: Objective): Promise<Evaluated> =>
  (await evaluateEach(tf, network, examples, objective)).evaluated;

/** The same in the same one pass, with what each example came to. @param onCall as of `measureEach` */
export async function evaluateEach(tf: TensorFlow, network: Network, examples: Examples, objective: Objective, onCall?: (examples: number) => Promise<void>): Promise<EvaluatedEach> {
  const evaluation = new Evaluation(tf, network, examples, objective, 1);
  try {
    return await evaluation.measureEach(onCall);
  } finally {
    evaluation.dispose();
  }
}

/** The network's output for each example, row by row: float32 [examples × outputs]. */
export async function predict(tf: TensorFlow, network: Network, examples: Examples): Promise<Float32Array> {
  const pass = openForwardPass(tf, network, examples, (inputs) => ({ outputs: network.apply(inputs, false) }));
  try {
    return await allResults(pass);
  } finally {
    pass.dispose();
  }
}
