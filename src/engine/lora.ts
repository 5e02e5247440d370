// Low-rank adaptation (Hu et al. 2022): a kernel W that stays as it is, and a change (α / r) A B that learns.
import type { Lora } from '../contract/lora.js';
import { weightsOf } from '../models/architecture.js';
import type { Architecture } from '../contract/layers.js';
import type { Weights } from '../models/weights.js';
import { fillUniform, stream } from './random.js';

export const factorA = (layer: string): string => `${layer}/lora_a`;
export const factorB = (layer: string): string => `${layer}/lora_b`;

/** A [inputs, rank] is drawn evenly within 1 / √inputs (Kaiming's with a = √5, as in loralib), B [rank, outputs] is 0: the network begins as it is. */
export function startOfLora(architecture: Architecture, { rank, layers }: Lora, seed: number): Weights {
  const shapes = new Map(weightsOf(architecture).map(({ path, shape }) => [path, shape]));
  return new Map(layers.flatMap((layer) => {
    const [inputs, outputs] = shapes.get(`${layer}/kernel`) as [number, number];
    const a = new Float32Array(inputs * rank);
    const bound = 1 / Math.sqrt(inputs);
    fillUniform(a, stream(seed, `initial/${factorA(layer)}`), -bound, bound);
    return [[factorA(layer), a], [factorB(layer), new Float32Array(rank * outputs)]] as const;
  }));
}

/** Both factors of each layer. */
export const factorsOf = (weights: Weights, { layers }: Lora): Weights =>
  new Map(layers.flatMap((layer) => [factorA(layer), factorB(layer)].map((path) => [path, weights.get(path)!] as const)));

/** The same network with the change in its kernels, and none beside them. */
export function merged(weights: Weights, { rank, alpha, layers }: Lora): Weights {
  const all = new Map(weights);
  for (const layer of layers) {
    const [kernel, a, b] = [`${layer}/kernel`, factorA(layer), factorB(layer)].map((path) => weights.get(path)!) as [Float32Array, Float32Array, Float32Array];
    const outputs = b.length / rank;
    all.set(`${layer}/kernel`, kernel.map((value, at) => {
      const [input, output] = [Math.floor(at / outputs), at % outputs];
      let change = 0;
      for (let of = 0; of < rank; of += 1) change += a[input * rank + of]! * b[of * outputs + output]!;
      return value + (alpha / rank) * change;
    }));
    all.set(factorB(layer), new Float32Array(b.length));
  }
  return all;
}
