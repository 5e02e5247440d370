// The interpolation with nothing left open: where it starts, and by which metric it is chosen.
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import type { Inheritance, Stage } from '../contract/training-specs.js';
import { USUAL_METRIC, type WiseFt, type WiseFtRequest } from '../contract/wise-ft.js';
import { weightsOf } from '../models/architecture.js';
import { requireValidationMetric, type Watched } from './early-stopping.js';

const POINTER = '/transfer/wise_ft';

interface Interpolated extends Watched {
  architecture: Architecture;
  inherit: readonly Inheritance[];
  stages: readonly Pick<Stage, 'trainable'>[];
}

/** Layers with a weight that was not carried over whole. */
export const freshLayers = (architecture: Architecture, inherit: readonly Inheritance[]): string[] => {
  const carried = new Set(inherit.flatMap(({ to, outputs }) => (outputs ? [] : [to])));
  return [...new Set(weightsOf(architecture).flatMap(({ path, layer }) => (carried.has(path) ? [] : [layer])))];
};

/**
 * Both ends must be networks that know the classes. So what is new must have learnt alone, in stages before all others: the end of those is where
 * the interpolation starts, as at the end of the probe of LP-FT (Kumar et al. 2022). Where nothing is new it starts where the run begins.
 * @throws METHOD_NOT_POSSIBLE, METRIC_NOT_MEASURED
 */
export function resolveWiseFt(asked: WiseFtRequest | undefined, { architecture, inherit, stages, ...watched }: Interpolated): WiseFt | undefined {
  if (asked === undefined) return undefined;
  const { metric = USUAL_METRIC } = asked;
  requireValidationMetric(metric, watched, `${POINTER}/metric`);
  const fresh = freshLayers(architecture, inherit);
  const others = stages.findIndex(({ trainable }) => trainable.some((layer) => !fresh.includes(layer)));
  const refusal = (why: string): ServiceError => ServiceError.of('METHOD_NOT_POSSIBLE', 'wise_ft', why).at(POINTER);
  if (others < 0) throw refusal('nothing that was carried over learns, so that both ends of the interpolation would be one');
  if (fresh.length === 0) return { metric, after_stages: 0 };
  const learnt = new Set(stages.slice(0, others).flatMap(({ trainable }) => trainable));
  const missing = fresh.find((layer) => !learnt.has(layer));
  if (missing !== undefined) throw refusal(`"${missing}" starts fresh, and no stage has it learn before what was carried over does, as the first of the preset lp_ft would`);
  return { metric, after_stages: others };
}
