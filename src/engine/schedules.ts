// Schedules of the learning rate: the factor on a stage's rate in each of its steps.
import type { ScheduleName, ScheduleSettings } from '../contract/schedules.js';

/** @param step from 0 @param steps of the whole stage @returns from 0 to 1 */
export type Schedule = (step: number, steps: number) => number;

/** Half a wave of the cosine from one value to another. @param part 0 to 1 */
const cosineFrom = (from: number, to: number, part: number): number => from + ((1 + Math.cos(Math.PI * (1 - part))) * (to - from)) / 2;

/** Rises evenly from 0 before the schedule begins (Goyal et al. 2017, section 2.2); `after` counts its steps from the end of the rise. */
const warmedUp = (warmup: number, after: Schedule): Schedule => (step, steps) => {
  const rising = Math.floor(warmup * steps);
  return step < rising ? step / rising : after(step - rising, steps - rising);
};

const SCHEDULES: { [N in ScheduleName]: (settings: ScheduleSettings<N>) => Schedule } = {
  constant: ({ warmup }) => warmedUp(warmup, () => 1),

  /**
   * Stairs. The step at a milestone itself still has the higher rate, as in BiT's HyperRule (Kolesnikov et al. 2020), whose shape is the
   * default, with a warm-up of 0.2. Milestones are parts of the whole stage, warm-up included.
   */
  step: ({ warmup, milestones, factor }) => (step, steps) =>
    warmedUp(warmup, () => factor ** milestones.filter((milestone) => step > milestone * steps).length)(step, steps),

  /** Loshchilov & Hutter 2017 (SGDR), one period without a restart: down to `final_factor` with the step after the last. */
  cosine: ({ warmup, final_factor: final }) => warmedUp(warmup, (step, steps) => cosineFrom(1, final, step / steps)),

  /** Smith & Topin 2018, as in fastai: half a cosine up, half a cosine down, the last step at the lowest rate. The momentum stays as it is. */
  one_cycle: ({ pct_start: rise, div, div_final: divFinal }) => (step, steps) => {
    const part = steps > 1 ? step / (steps - 1) : 0;
    return part < rise ? cosineFrom(1 / div, 1, part / rise) : cosineFrom(1, 1 / divFinal, (part - rise) / (1 - rise));
  },

  /** Howard & Ruder 2018 (ULMFiT), section 3.2: a short rise, a long fall, both straight. A stage too short for a rise has none. */
  slanted_triangular: ({ cut_frac: cutPart, ratio }) => (step, steps) => {
    const cut = Math.floor(steps * cutPart);
    const part = step < cut ? step / cut : 1 - (step - cut) / (steps - cut);
    return (1 + part * (ratio - 1)) / ratio;
  },

  /** What it comes down by is not known before: plateau.ts. */
  reduce_on_plateau: () => () => 1,
};

/** @param settings undefined: the rate stays as it is */
export function scheduleOf(settings: ScheduleSettings = { name: 'constant', warmup: 0 }): Schedule {
  return SCHEDULES[settings.name](settings as never);
}
