// What the parts of a job cost, in operations of its network: the time of a part that is done says by this how long one takes that is to come.
import type { DatasetContent } from '../contract/dataset.js';
import type { RunPlan } from '../contract/run.js';
import type { ResolvedSpec, TrainingSpec, Stage } from '../contract/training-specs.js';
import { divide, flopsPerExample, outputShape } from '../models/architecture.js';
import { volume } from '../contract/shape.js';
import type { ExplainSpec } from '../contract/untrained-specs.js';
import { placesOf } from '../engine/explain/patches.js';
import type { Architecture } from '../contract/layers.js';
import { planProbe } from '../report/probe-plan.js';

/** Forwards once and backwards about twice (docs/decisions/jobs.md, "What a job would take"). */
const BACKWARDS = 2;
/** What a step takes besides those of its network, in operations that could have been made meanwhile (docs/decisions/jobs.md, "How long a job still takes"). */
const OPERATIONS_OF_A_STEP = 5e6;
/** Of a solver, usually: it ends when it has converged. */
const ITERATIONS = 40;
/** Passes over the test part that the report of a transfer takes: before training, calibration, as many over the source's own, and what layers are compared by. */
const REPORT_PASSES = 6;

/** A stage of a run, as work: steps that cost the same each, what comes once, and a pass over the validation part after each epoch. */
export interface StageWork {
  epochs: number;
  steps: number;
  /** Operations of a step; of a stage that is solved, whose steps are told all at once, its part of solving. */
  perStep: number;
  /** Operations of measuring an epoch. */
  perEpoch: number;
  isSolved: boolean;
}

/** A run, as work. */
export interface RunWork {
  stages: readonly StageWork[];
  /** Operations of its test. */
  test: number;
}

/** Places on the path of integrated gradients, for most networks. */
const USUAL_PATH_STEPS = 50;

/** Examples that an explanation takes through its network, forwards; what is shown of single ones by how many passes each of them takes. */
export interface ExplanationWork {
  measured: number;
  /** Whose features are compared. */
  trained: number;
  explained: number;
  passesOfExplained: number;
  shuffled: number;
}

/** @param content of the data set that the examples are of */
export function explanationWork(spec: ExplainSpec, { parts, input_shape: shape, preprocessing }: DatasetContent): ExplanationWork {
  const measured = parts[spec.part]!.examples;
  const [down, across] = spec.occlusion ? placesOf(shape, spec.occlusion) : [0, 0];
  const gradients = (spec.integrated_gradients ? USUAL_PATH_STEPS : 0) + (spec.grad_cam ? 1 : 0);
  return {
    measured,
    trained: spec.nearest_examples ? parts.train.examples : 0,
    explained: spec.examples?.length ?? Math.min(spec.worst!, measured),
    passesOfExplained: 1 + down * across + (1 + BACKWARDS) * gradients,
    shuffled: spec.permutation_importance ? measured * spec.permutation_importance.repeats * (preprocessing.columns?.length ?? 0) : 0,
  };
}

/** @param testExamples of the data set */
export function workOf(plan: ResolvedSpec, { role }: Pick<RunPlan, 'role'>, testExamples: number): RunWork {
  const { architecture, features_from: cut, training } = plan;
  const isBaseline = role === 'baseline';
  const trained = cut === null || isBaseline ? architecture : divide(architecture, cut).rest;
  const forwards = flopsPerExample(trained);
  const stages = plan.stages.map((stage) => {
    const isSolved = stage.solver !== undefined && !isBaseline;
    const gradients = isBaseline ? forwards : backwards(trained, stage);
    return {
      epochs: stage.epochs,
      steps: stage.steps,
      perStep: isSolved ? solving(plan, trained, stage) / Math.max(1, stage.steps) : OPERATIONS_OF_A_STEP + training.batch_size * (forwards + BACKWARDS * gradients),
      perEpoch: training.validation_examples * forwards,
      isSolved,
    };
  });
  return { stages, test: testExamples * flopsPerExample(architecture) };
}

/** Operations of what a fine-tuning measures once its runs are done. */
export function reportWork(spec: TrainingSpec, testExamples: number): number {
  if (spec.type !== 'fine_tune') return 0;
  const probe = planProbe(spec);
  return REPORT_PASSES * testExamples * flopsPerExample(spec.architecture) + ('why' in probe ? 0 : probe.flops);
}

/** Operations forwards of what gradients go back through: from the first layer that learns on. */
function backwards(trained: Architecture, { trainable }: Stage): number {
  const first = trained.layers.findIndex(({ name }) => trainable.includes(name));
  if (first <= 0) return first < 0 ? 0 : flopsPerExample(trained);
  return flopsPerExample(trained) - flopsPerExample({ ...trained, layers: trained.layers.slice(0, first) });
}

/** Operations of a stage that is solved: the features of all examples, once, and iterations over them. */
function solving({ training, class_names: names, target }: ResolvedSpec, trained: Architecture, { features_from: cut }: Stage): number {
  const trunk = cut === undefined ? undefined : divide(trained, cut).trunk;
  const width = trunk ? volume(outputShape(trunk)) : volume(trained.input_shape);
  const iteration = 2 * (1 + BACKWARDS) * width * (target?.names.length ?? names.length);
  return training.train_examples * ((trunk ? flopsPerExample(trunk) : 0) + ITERATIONS * iteration);
}

