// What a transfer by low rank changed, as one file: with the base model it makes the model again.
import { volume } from '../contract/shape.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import { weightsOf } from './architecture.js';
import { safetensors, type NamedTensor } from './safetensors.js';
import type { Weights } from './weights.js';

/**
 * The factors of each change, `layer/lora_a` [inputs, rank] and `layer/lora_b` [rank, outputs], and every weight that did not come whole from the base.
 * @param weights those of the model, with the factors beside them
 */
export function deltaOf({ architecture, inherit, lora, base_model: base, base_weights_digest: digest }: ResolvedSpec, weights: Weights): Uint8Array {
  const { rank, alpha, layers } = lora!;
  const carried = new Set(inherit.flatMap(({ to, outputs }) => (outputs ? [] : [to])));
  const all = weightsOf(architecture);
  const factors = all.flatMap(({ path, layer, shape }): NamedTensor[] => {
    if (!layers.includes(layer) || path !== `${layer}/kernel`) return [];
    const [inputs, outputs] = shape as [number, number];
    return [{ name: `${layer}/lora_a`, shape: [inputs, rank], values: weights.get(`${layer}/lora_a`)! }, { name: `${layer}/lora_b`, shape: [rank, outputs], values: weights.get(`${layer}/lora_b`)! }];
  });
  const fresh = all.flatMap(({ path, shape }): NamedTensor[] => (carried.has(path) || volume(shape) === 0 ? [] : [{ name: path, shape, values: weights.get(path)! }]));
  return safetensors([...factors, ...fresh], {
    kernel: 'kernel of the base + alpha / rank * lora_a * lora_b', rank: String(rank), alpha: String(alpha),
    base_model: typeof base === 'string' ? base : JSON.stringify(base), base_weights_digest: digest ?? '',
  });
}
