// The terms beside the loss, found by name.
import type { LossTermName, LossTermSettings } from '../../contract/loss-terms.js';
import type { TensorFlow, Variable } from '../native.js';
import { distillation } from './distillation.js';
import { l2Sp } from './l2-sp.js';
import type { LossTerm, Origin } from './loss-term.js';

const LOSS_TERMS: { [N in LossTermName]: (tf: TensorFlow, settings: LossTermSettings<N>, learning: ReadonlyMap<string, Variable>, origin: Origin) => LossTerm } = {
  l2_sp: l2Sp,
  distillation,
};

/** @param learning the variables that learn in the stage, by path */
export const makeLossTerms = (tf: TensorFlow, settings: readonly LossTermSettings[], learning: ReadonlyMap<string, Variable>, origin: Origin): LossTerm[] =>
  settings.map((term) => LOSS_TERMS[term.name](tf, term as never, learning, origin));
