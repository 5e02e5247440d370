// What a run lowers, with nothing left open: the loss, and how much the examples of each class count.
import { ServiceError } from '../contract/errors.js';
import type { Training } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import { resolveLoss, type ClassWeights, type LossName, type LossRequest, type LossSettings } from '../contract/losses.js';
import { pointerPart } from '../contract/pointer.js';
import { finalActivation } from '../models/output-layer.js';
import type { AutoValues } from './auto.js';

export interface ResolvedObjective {
  loss: LossSettings;
  /** One for each class, in order; null: all examples count alike. */
  class_weights: number[] | null;
}

export interface ClassesToLearn {
  names: readonly string[];
  /** Training examples of each. */
  counts: readonly number[];
}

const OF_VALUES: readonly LossName[] = ['mean_squared_error', 'mean_absolute_error', 'huber'];

/**
 * The objective of values.
 * @throws TASK_MISMATCH for what belongs to classes
 */
export function resolveValueObjective(asked: Training | 'auto' | undefined, auto: AutoValues): ResolvedObjective {
  const training = asked === undefined || asked === 'auto' ? {} : asked;
  if (training.loss && !OF_VALUES.includes(training.loss.name)) throw ServiceError.of('TASK_MISMATCH', `The loss ${training.loss.name}`, 'regression').at('/training/loss/name');
  if (training.class_weights !== undefined) throw ServiceError.of('TASK_MISMATCH', 'class_weights', 'regression').at(POINTER);
  return { loss: resolveLoss(auto.choose<LossRequest>('/training/loss', training.loss, { name: 'mean_squared_error' }, 'each example has values: squared error')), class_weights: null };
}

/**
 * @param base the network of the base model, where there is one
 * @throws CLASS_UNKNOWN, INVALID_VALUE, with the pointer of what is wrong
 */
export function resolveObjective(asked: Training | 'auto' | undefined, classes: ClassesToLearn, base: Architecture | undefined, auto: AutoValues): ResolvedObjective {
  const training = asked === undefined || asked === 'auto' ? {} : asked;
  const { loss, rule } = base && finalActivation(base) === 'sigmoid' ? OF_A_SIGMOID : USUAL;
  return {
    loss: resolveLoss(auto.choose<LossRequest>('/training/loss', training.loss, { name: loss }, rule)),
    class_weights: resolveClassWeights(training.class_weights, classes, auto),
  };
}

const USUAL = { loss: 'sparse_categorical_crossentropy', rule: 'each example has one class: cross-entropy' } as const;
const OF_A_SIGMOID = { loss: 'binary_crossentropy', rule: 'the base model ends in a sigmoid: binary cross-entropy' } as const;

const POINTER = '/training/class_weights';

function resolveClassWeights(asked: ClassWeights | undefined, classes: ClassesToLearn, auto: AutoValues): number[] | null {
  if (asked === undefined) return auto.choose<number[] | null>(POINTER, undefined, null, 'all examples count alike');
  if (asked === 'balanced') return auto.choose(POINTER, undefined, balanced(classes.counts), 'balanced: n / (K · n_c) for a class of n_c of the n training examples, of K classes');
  const given = new Map(Object.entries(asked));
  const unknown = [...given.keys()].find((name) => !classes.names.includes(name));
  if (unknown !== undefined) throw ServiceError.of('CLASS_UNKNOWN', unknown, listed(classes.names)).at(`${POINTER}/${pointerPart(unknown)}`);
  const weights = classes.names.map((name) => given.get(name) ?? 1);
  const none = weights.every((weight, index) => weight === 0 || classes.counts[index] === 0);
  if (none) throw ServiceError.of('INVALID_VALUE', 'must leave a class that has examples more than 0').at(POINTER);
  return weights;
}

/** As scikit-learn has it, over the classes that have examples: the weights of all examples sum to their number. */
function balanced(counts: readonly number[]): number[] {
  const examples = counts.reduce((sum, count) => sum + count, 0);
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : examples / (present * count)));
}

const MOST_LISTED = 20;
const listed = (names: readonly string[]): string =>
  names.length <= MOST_LISTED ? names.join(', ') : `${names.slice(0, MOST_LISTED).join(', ')} and ${names.length - MOST_LISTED} more`;
