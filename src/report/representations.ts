// How much of what each layer gives is still what it gave before training.
import type { Architecture } from '../contract/layers.js';
import type { ReportedLayer } from '../contract/transfer-report.js';
import { pooledActivations, type Activations } from '../engine/activations.js';
import type { Examples } from '../engine/examples.js';
import type { TensorFlow } from '../engine/native.js';
import { valuesOf } from '../engine/values.js';
import type { Weights } from '../models/weights.js';
import { debiasedCka, linearCka, type Gram } from './cka.js';

export type Alignment = NonNullable<ReportedLayer['cka']>;

/** By layer. @param examples four or more */
export async function alignmentsOf(tf: TensorFlow, architecture: Architecture, before: Weights, after: Weights, examples: Examples, layers: readonly string[]): Promise<Map<string, Alignment>> {
  if (layers.length === 0) return new Map();
  const [then, now] = [await pooledActivations(tf, architecture, before, examples, layers), await pooledActivations(tf, architecture, after, examples, layers)];
  return new Map(layers.map((layer) => {
    const [one, other] = [gramIn(tf, then.get(layer)!), gramIn(tf, now.get(layer)!)];
    return [layer, { linear: linearCka(one, other), debiased: debiasedCka(one, other) }];
  }));
}

/** In the engine, since it takes examples² × width steps. Less their means first: neither kind of alignment depends on them, and float32 loses what is small beside them. */
function gramIn(tf: TensorFlow, { values, width }: Activations): Gram {
  const products = valuesOf(tf, () => {
    const rows = tf.tensor2d(values, [values.length / width, width]);
    const centred = tf.sub(rows, tf.mean(rows, 0));
    return tf.matMul(centred, centred, false, true);
  });
  return Float64Array.from(products);
}
