// A model over the examples of a part: what its outputs are held against, and what is measured of them. The model may know the classes in another order than the data set, and prepare bytes in
// its own way.
import type { DatasetContent } from '#contract/dataset.js';
import type { ExamplePrediction } from '#contract/example-prediction.js';
import type { LossName, LossSettings } from '#contract/losses.js';
import type { Task } from '#contract/task.js';
import type { MeasuredModel } from '#contract/untrained-specs.js';
import type { PackedPart } from '#datasets/packed.js';
import { preparedExamples, type Examples } from '#engine/examples.js';
import type { TensorFlow } from '#engine/native.js';
import type { Objective } from '#engine/objectives/objective.js';
import { withProbability } from '#engine/objectives/probability.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { classTargets, valueTargets } from '#engine/targets.js';
import { shownPrediction, type Subject } from '#jobs/find-predictions.js';
import type { probabilityBy } from '#models/output-layer.js';

/** The examples of a part as the model takes them. */
export function examplesFor({ labels: known, divide_by: divideBy }: MeasuredModel, { class_names: names, preprocessing }: DatasetContent, { rows, labels }: PackedPart): Examples {
  const placeOf = names.map((name) => known.indexOf(name));
  const targets = labels instanceof Int32Array ? classTargets(labels.map((label) => placeOf[label]!)) : valueTargets(labels, known.length);
  return preparedExamples(rows, targets, { ...preprocessing, steps: divideBy.map((by) => ({ divide_by: by })) });
}

export function measuringObjective(tf: TensorFlow, task: Task, { labels }: MeasuredModel, loss: LossName, by: ReturnType<typeof probabilityBy>): Objective {
  const settings = (loss === 'binary_crossentropy' ? { name: loss, label_smoothing: 0 } : { name: loss }) as LossSettings;
  const objective = makeObjective(tf, { loss: settings, class_weights: null }, task === 'regression' ? null : labels.length);
  return task === 'regression' || by === null ? objective : withProbability(tf, objective, by);
}

/** Of some of the examples, as GET /v1/jobs/{id}/predictions shows them. @param chosen places among all of them @param truth classes, or row by row the values of each */
export function shownOf(subject: Subject, chosen: readonly number[], each: Readonly<Record<string, Float32Array>>, truth: ArrayLike<number>): ExamplePrediction[] {
  const outputs = truth.length / each.loss!.length;
  const reader = {
    loss: (at: number) => each.loss![at]!,
    trueClass: (at: number) => truth[at]!,
    predictedClass: (at: number) => each.predicted![at]!,
    probability: (at: number) => each.probability?.[at] ?? NaN,
    value: (at: number, output: number) => truth[at * outputs + output]!,
    error: (at: number, output: number) => each[`error ${output}`]![at]!,
  };
  return chosen.map((at) => shownPrediction(subject, at, reader, at));
}
