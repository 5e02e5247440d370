// What a run starts from, and what learns in it: the main run with what was carried over, a baseline with nothing.
import type { ResolvedSpec, Stage } from '../contract/training-specs.js';
import { trace } from '../models/architecture.js';
import type { Weights } from '../models/weights.js';
import { freshWeights } from './fresh-weights.js';
import { outputScaleOf, toTrainingScale } from './target-scale.js';

/** Weights carried over from the base; all others fresh, by the run's seed. */
export function startOfMain(spec: ResolvedSpec, seed: number, base: Weights | null): Weights {
  const weights = new Map(freshWeights(spec.architecture, seed));
  for (const { to, from, outputs } of spec.inherit) weights.set(to, outputs ? someOutputs(weights.get(to)!, base!.get(from)!, outputs, spec.class_names.length) : base!.get(from)!);
  const scale = outputScaleOf(spec);
  // A fresh output layer begins in the scale of training; one carried over was published in the target's own.
  return scale && spec.inherit.some(({ to }) => to === `${scale.layer}/kernel`) ? toTrainingScale(weights, scale.layer, scale) : weights;
}

/** A weight of which only some outputs were carried over counts as new: what it started from is not what the base knew. */
export const carriedIn = ({ inherit: inherited }: ResolvedSpec): ReadonlySet<string> => new Set(inherited.flatMap(({ to, outputs }) => (outputs ? [] : [to])));

/** The fresh weight with some outputs, which lie along its last axis, from the base. @param count outputs it has */
function someOutputs(fresh: Float32Array, base: Float32Array, outputs: readonly [to: number, from: number][], count: number): Float32Array {
  const inputs = fresh.length / count;
  const ofBase = base.length / inputs;
  const values = Float32Array.from(fresh);
  for (let input = 0; input < inputs; input += 1) for (const [to, from] of outputs) values[input * count + to] = base[input * ofBase + from]!;
  return values;
}

/**
 * Rates that differ from block to block spare what was carried over; here nothing is, and all learn at the stage's rate. A solver fits what
 * lies behind features that are there already; here they come first, by steps. Nothing draws back to where it began, and as many stages as the main
 * run took are taken: its steps say how many.
 */
export const everythingLearns = (spec: ResolvedSpec): Stage[] => {
  const weighted = trace(spec.architecture).filter(({ weights }) => weights.length > 0);
  return spec.stages.map((stage) => {
    const whole: Stage = { ...stage, trainable: weighted.map(({ layer }) => layer.name) };
    delete whole.rates;
    delete whole.solver;
    delete whole.loss_terms;
    delete whole.features_from;
    delete whole.unless;
    return whole;
  });
};
