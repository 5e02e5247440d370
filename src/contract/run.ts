// A run of a job: what it is for, what was measured, how it ended.
import Type, { type Static } from './typebox.js';
import { BUDGETS } from './budget.js';
import { closed, nullable, oneOf, Sha256 } from './schema.js';

export const RUN_ROLES = ['main', 'baseline', 'candidate'] as const;
/** Of a run of a comparison. */
const candidate = Type.Optional(Type.String({ description: 'Of a comparison: whose plan the run follows.' }));
export const RunPlan = closed({ run: Type.String(), role: oneOf(RUN_ROLES), seed: Type.Integer(), candidate });
export type RunPlan = Static<typeof RunPlan>;
/** The run that becomes the model: the main one of the first seed. */
export const PUBLISHED_RUN = 'main';
/** The run of the other role by the same seed, which a run is compared with. */
export const partnerOf = <R extends RunPlan>({ role, seed }: RunPlan, runs: readonly R[]): R | undefined =>
  runs.find((other) => other.role !== role && other.seed === seed);

/** The last value of each metric, by name: loss, accuracy and others that follow from the data set; with `val_` and `test_` before them. */
export const FlatMetrics = Type.Record(Type.String(), Type.Number());
export type FlatMetrics = Static<typeof FlatMetrics>;

/** Why training ended: it was done, validation got no better, its budget was used up, or somebody stopped it. */
export const STOP_REASONS = ['completed', 'early_stopped', 'budget', 'user_stop'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** How a run ended. */
export const RUN_END = {
  steps: Type.Integer({ description: 'Optimizer steps that were taken.' }),
  stop_reason: oneOf(STOP_REASONS, { description: 'Why the run trained no longer.' }),
  budget_reached: nullable(oneOf(BUDGETS, { description: 'Where stop_reason is budget, which part of it was used up. A baseline may take as many steps as the main run took.' })),
};

/** What lies between where a run began and what it came to. */
export const Interpolation = closed(
  {
    metric: Type.String(),
    alpha: Type.Number({ description: 'The part of what the run came to in the weights that are published: the best by the metric.' }),
    curve: Type.Array(closed({ alpha: Type.Number(), metrics: FlatMetrics }), { description: 'What validation measures with each α.' }),
  },
  { title: 'Interpolation' },
);
export type Interpolation = Static<typeof Interpolation>;

/** What validation said of the stages of a run, and which of them its weights are from. */
export const StageChoice = closed({
  metric: Type.String(),
  stages: Type.Array(closed({ stage: Type.Integer({ description: 'From 0.' }), epoch: Type.Integer({ description: 'Its best.' }), value: Type.Number() }), { description: 'Those that were trained.' }),
  stage: Type.Integer({ description: 'The one that the best epoch is of.' }),
});
export type StageChoice = Static<typeof StageChoice>;

export const RunResult = closed({
  run: Type.String(),
  role: oneOf(RUN_ROLES),
  seed: Type.Integer(),
  candidate,
  ...RUN_END,
  steps: nullable(Type.Integer({ description: 'Optimizer steps that were taken; null where an earlier version, which did not count them, made the run.' })),
  best_epoch: Type.Optional(nullable(Type.Integer({ description: 'With early_stopping, the epoch whose weights and validation metrics these are; null where those of the last were kept.' }))),
  interpolation: Type.Optional(nullable(Interpolation, 'With wise_ft, of a main run; null where it ended before the interpolation starts.')),
  choice: Type.Optional(StageChoice),
  metrics: FlatMetrics,
  weights_digest: Type.Optional(Type.String({ ...Sha256, description: 'Of a run of a comparison: that of the model that a job of its plan alone makes.' })),
  confusion_matrix: nullable(
    Type.Array(Type.Array(Type.Integer()), {
      description: 'Test examples of each class (rows) by the class predicted (columns), in the order of class_names; null for more than 100 classes.',
    }),
  ),
  seconds: Type.Number({ description: 'Time spent training, without start-up and evaluation.' }),
  examples_per_second: Type.Number(),
});
export type RunResult = Static<typeof RunResult>;
export type RunEnd = Pick<RunResult, 'stop_reason' | 'budget_reached'> & { steps: number };

/** One point of a run's learning curve. Step and epoch count from 1 within the run. */
export const MetricPoint = closed(
  {
    run: Type.String(),
    role: oneOf(RUN_ROLES),
    stage: Type.Integer(),
    epoch: Type.Integer(),
    step: Type.Integer(),
    values: FlatMetrics,
  },
  { title: 'MetricPoint' },
);
export type MetricPoint = Static<typeof MetricPoint>;
