// What a layer must know of the run it is in: some draw random numbers, some behave otherwise while they learn.
import type { Tensor } from '../native.js';

export interface LayerContext {
  /** Of the run; with the step and the layer's name it decides every random number. */
  seed: number;
  /** int32 scalar, counted from 1 within the run; each training step brings its own. */
  step: Tensor | undefined;
  /** Names of the layers that learn in this stage. A frozen layer keeps its statistics as they are. */
  learning: ReadonlySet<string>;
}

/** A layer of ours: it is given its context when the network is built. */
export interface ContextualLayer {
  context: LayerContext;
}

export const newContext = (): LayerContext => ({ seed: 0, step: undefined, learning: new Set() });
