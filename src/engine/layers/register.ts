// Our own layers in the place of tfjs's, under the same names, and one that only training knows. Each file says which defect it answers.
import type { TensorFlow } from '../native.js';
import { registerBatchNormalization } from './batch-normalization.js';
import { registerEmbedding } from './embedding.js';
import { registerLayerNormalization } from './layer-normalization.js';
import { registerLoraDense } from './lora-dense.js';
import { registerNoise } from './noise.js';
import { registerRelu } from './relu.js';

const registered = new WeakSet<TensorFlow>();

/** Once for a library. */
export function registerLayers(tf: TensorFlow): void {
  if (registered.has(tf)) return;
  registered.add(tf);
  registerNoise(tf);
  registerEmbedding(tf);
  registerRelu(tf);
  registerBatchNormalization(tf);
  registerLayerNormalization(tf);
  registerLoraDense(tf);
}
