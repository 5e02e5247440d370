// Numbers that a layer keeps of one example until the gradients of the step are known, in multiples of its output. Measured as
// the growth of the process with the batch, plain tfjs steps (docs/decisions/networks.md, "Memory of networks that normalize").
import type { Activation } from '../../contract/layers.js';
import { volume, type Shape } from '../../contract/shape.js';

/** Activations that tfjs makes of several operations, each of which keeps its result. All others keep one. */
const BY_ACTIVATION: Partial<Record<Activation, number>> = { swish: 3, gelu: 6 };

export const keptTimes = (factor: number) => (_input: Shape, output: Shape): number => factor * volume(output);

/** What a layer keeps that ends in an activation. */
export const keptActivated = (_input: Shape, output: Shape, config: { activation?: Activation }): number =>
  (BY_ACTIVATION[config.activation ?? 'linear'] ?? 1) * volume(output);
