// What is known of a layer class: how it turns shapes, which weights it holds, what it costs, how Keras writes it.
import type { InitializerName } from '../../contract/layers.js';
import type { Shape } from '../../contract/shape.js';

/** How a weight is drawn: an initializer of the contract, or one that no request names. */
export type DrawName = InitializerName | 'lstm_bias';

export interface WeightRule {
  name: string;
  shape: Shape;
  initializer: DrawName;
  /** Connections into and out of one unit, which scale the initial values (Glorot & Bengio 2010; He et al. 2015). */
  fanIn: number;
  fanOut: number;
  /** false: the layer changes it by itself (moving statistics), no gradient does. */
  learns: boolean;
}

/** Thrown by a rule: why the layer cannot take these shapes. */
export class Misfit extends Error {}

interface Keras<Config> {
  /** The settings as Keras writes them, with every default written out, since Keras's and tfjs's own may change. */
  keras(config: Config): object;
}

/** A class that takes one input. */
export interface LayerRule<Config> extends Keras<Config> {
  /** @throws Misfit */
  output(input: Shape, config: Config): Shape;
  weights?(input: Shape, config: Config): WeightRule[];
  /** The setting that is the last size of its output. Left out: there is none. */
  sizedBy?: 'units' | 'filters';
  /** How often one example is multiplied through the kernels. Left out: never. */
  kernelUses?(input: Shape, output: Shape): number;
  /** Numbers kept of one example until the step's gradients are known. Left out: the output. */
  kept?(input: Shape, output: Shape, config: Config): number;
}

/** A class that takes two inputs or more. */
export interface MergingRule<Config> extends Keras<Config> {
  /** @throws Misfit */
  merge(inputs: readonly Shape[], config: Config): Shape;
}

export const written = (shape: Shape): string => `[${shape.join(', ')}]`;
