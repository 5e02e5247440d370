// Whom a network may learn from beside its labels: a model of the same classes that takes the same inputs.
import type { DatasetContent } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { JobRequest } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import type { LossName } from '../contract/losses.js';
import type { LossTermRequest } from '../contract/loss-terms.js';
import type { Stage } from '../contract/training-specs.js';
import { finalActivation } from '../models/output-layer.js';

type Asked = Extract<LossTermRequest, { name: 'distillation' }>;

/** What is known of a model that teaches. */
export interface Teacher {
  architecture: Architecture;
  labels: readonly string[];
  preprocessing: DatasetContent['preprocessing'];
}

/** Each distillation that a request asks for, with where in it that is. */
export function distillationsIn(request: JobRequest): { asked: Asked; pointer: string }[] {
  if (request.type === 'pretrain' || !request.transfer || request.transfer.kind === 'feature') return [];
  const { loss_terms: ofAll = [], stages = [] } = request.transfer;
  const found = (terms: readonly LossTermRequest[], pointer: string) =>
    terms.flatMap((asked, at) => (asked.name === 'distillation' ? [{ asked, pointer: `${pointer}/${at}` }] : []));
  return [...found(ofAll, '/transfer/loss_terms'), ...stages.flatMap(({ loss_terms: terms = [] }, stage) => found(terms, `/transfer/stages/${stage}/loss_terms`))];
}

/** Models that teach in these stages. */
export const teachersOf = (stages: readonly Pick<Stage, 'loss_terms'>[]): string[] => [
  ...new Set(stages.flatMap(({ loss_terms: terms = [] }) => terms.flatMap((term) => (term.name === 'distillation' ? [term.model] : [])))),
];

/**
 * What both say of an example must be comparable, number by number.
 * @throws TASK_MISMATCH, METHOD_NOT_POSSIBLE
 */
export function requireTeacher({ architecture, labels, preprocessing }: Teacher, content: DatasetContent, loss: LossName, pointer: string): void {
  if (content.task === 'regression') throw ServiceError.of('TASK_MISMATCH', 'distillation', content.task).at(pointer);
  const same = (ofTeacher: unknown, ofData: unknown): boolean => JSON.stringify(ofTeacher) === JSON.stringify(ofData);
  const written = (names: readonly string[]): string => (names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`);
  const refusals: [boolean, string][] = [
    [!loss.includes('categorical'), `it goes with a cross-entropy over classes, and the loss is ${loss}`],
    [!same(architecture.input_shape, content.input_shape), `the model to learn from takes inputs of [${architecture.input_shape.join(', ')}], and the data set holds [${content.input_shape.join(', ')}]`],
    [!same([preprocessing.steps, preprocessing.columns ?? []], [content.preprocessing.steps, content.preprocessing.columns ?? []]), 'the model to learn from was trained on inputs that were prepared otherwise'],
    [!same(labels, content.class_names), `the model to learn from tells ${written(labels) || 'classes without names'} apart, and the data set has ${written(content.class_names)}; name a model of the same classes, in their order`],
    [finalActivation(architecture) !== 'softmax', 'the model to learn from does not end in a softmax over the classes'],
  ];
  const refusal = refusals.find(([applies]) => applies);
  if (refusal) throw ServiceError.of('METHOD_NOT_POSSIBLE', 'distillation', refusal[1]).at(pointer);
}
