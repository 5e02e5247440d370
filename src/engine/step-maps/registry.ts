// The maps on the variables after each step, by the setting of the training that asks for them.
import type { Ema } from '../../contract/ema.js';
import type { TensorFlow, Variable } from '../native.js';
import { ema } from './ema.js';
import type { StepMap } from './step-map.js';

/** Settings of maps, by name. */
export interface StepMapSettings {
  ema?: Ema | undefined;
}

const STEP_MAPS: { [N in keyof StepMapSettings]-?: (tf: TensorFlow, settings: NonNullable<StepMapSettings[N]>, variables: ReadonlyMap<string, Variable>) => StepMap } = {
  ema,
};

/** @param variables those that learn in some stage, by path */
export const makeStepMaps = (tf: TensorFlow, settings: StepMapSettings, variables: ReadonlyMap<string, Variable>): StepMap[] =>
  (Object.keys(STEP_MAPS) as (keyof StepMapSettings)[]).flatMap((name) => {
    const asked = settings[name];
    return asked ? [STEP_MAPS[name](tf, asked, variables)] : [];
  });
