// The output layer in two scales. While training it gives a target less its mean, by its deviation; the published one gives the target in its
// own unit. Both are the same function but for rounding: (k · h + b) · deviation + mean = (k · deviation) · h + (b · deviation + mean).
import type { ResolvedSpec, TargetScale } from '../contract/training-specs.js';
import { linearOutput } from '../models/output-layer.js';
import { factorB } from './lora.js';
import type { Weights } from '../models/weights.js';

/** The layer that gives values, and the scale in which it does. */
export interface OutputScale extends TargetScale {
  layer: string;
}

/** A linear Dense layer with a bias, by name: kernel [inputs, outputs] and bias [outputs]. */
const rescaled = (weights: Weights, layer: string, kernel: (value: number, output: number) => number, bias: (value: number, output: number) => number): Weights => {
  const [ofKernel, ofBias] = [weights.get(`${layer}/kernel`)!, weights.get(`${layer}/bias`)!];
  const outputs = ofBias.length;
  const scaled = (values: Float32Array): Float32Array => values.map((value, at) => kernel(value, at % outputs));
  // A change of low rank is in the scale of its kernel.
  const change = weights.get(factorB(layer));
  return new Map([...weights, [`${layer}/kernel`, scaled(ofKernel)], [`${layer}/bias`, ofBias.map(bias)], ...(change ? [[factorB(layer), scaled(change)] as const] : [])]);
};

/** What a run of this spec learns its values in; undefined where in their own unit. */
export function outputScaleOf({ target, architecture }: Pick<ResolvedSpec, 'target' | 'architecture'>): OutputScale | undefined {
  return target?.scale ? { layer: linearOutput(architecture)!, ...target.scale } : undefined;
}

/** From the target's own unit to that of training. */
export const toTrainingScale = (weights: Weights, layer: string, { mean, deviation }: TargetScale): Weights =>
  rescaled(weights, layer, (value, output) => value / deviation[output]!, (value, output) => (value - mean[output]!) / deviation[output]!);

/** From the unit of training to the target's own. */
export const toOwnScale = (weights: Weights, layer: string, { mean, deviation }: TargetScale): Weights =>
  rescaled(weights, layer, (value, output) => value * deviation[output]!, (value, output) => value * deviation[output]! + mean[output]!);

/** Values of the target, row by row, in the unit of training. */
export const inTrainingScale = (values: Float32Array, { mean, deviation }: TargetScale): Float32Array =>
  values.map((value, at) => (value - mean[at % mean.length]!) / deviation[at % mean.length]!);
