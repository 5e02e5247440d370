// What the numbers of a network mean: of each instance its class, with the most likely ones, or its values.
import { volume } from '../contract/shape.js';
import type { ClassPrediction, Predictions, PredictionWanted, ValuePrediction } from '../contract/prediction.js';
import type { Asked } from './find.js';

const USUAL_TOP = 5;

/** Whether each output is a class: of a network whose outputs have more axes than one, they are values. */
const tellsClasses = ({ task, outputShape }: Asked): boolean => task === 'classification' && volume(outputShape) === outputShape.at(-1);

/** One output may tell two classes apart: it is for the second. */
const tellsTwo = ({ labels, activation }: Asked, outputs: number): boolean => outputs === 1 && (labels.length === 2 || (labels.length === 0 && activation === 'sigmoid'));

/** @param outputs before the softmax or sigmoid, float32 [instances × outputs] */
export function predictionsOf(asked: Asked, outputs: Float32Array, wanted: PredictionWanted): Predictions {
  const rows = rowsOf(asked, outputs);
  const { model, job, checkpoint, labels } = asked;
  const named = { object: 'predictions', model, job, checkpoint } as const;
  if (tellsClasses(asked)) return { ...named, task: 'classification', data: rows.map((row) => classOf(asked, row, wanted)) };
  return { ...named, task: 'regression', names: [...labels], data: rows.map((row): ValuePrediction => ({ values: finalOf(asked, row) })) };
}

/** What the network itself gives, in the shape of its output, as TensorFlow Serving answers. */
export const outputsOf = (asked: Asked, outputs: Float32Array): unknown[] => rowsOf(asked, outputs).map((row) => nested(finalOf(asked, row), asked.outputShape));

function rowsOf({ outputShape }: Asked, outputs: Float32Array): Float32Array[] {
  const width = volume(outputShape);
  return Array.from({ length: outputs.length / width }, (_, row) => outputs.subarray(row * width, (row + 1) * width));
}

function classOf(asked: Asked, row: Float32Array, { top_k: top = USUAL_TOP, include = [] }: PredictionWanted): ClassPrediction {
  const probabilities = probabilitiesOf(asked, row);
  const order = mostLikely(asked, row, top);
  const found = (index: number) => ({ label: asked.labels[index] ?? null, index, probability: probabilities?.[index] ?? null });
  return {
    ...found(order[0]!),
    top: order.map(found),
    ...(include.includes('probabilities') && { probabilities: probabilities ?? null }),
    ...(include.includes('logits') && { logits: Array.from(row) }),
  };
}

/** By what the network gives before its softmax, as evaluation counts: probabilities near 1 would tie. Of equal ones the first. */
function mostLikely(asked: Asked, row: Float32Array, most: number): number[] {
  if (tellsTwo(asked, row.length)) {
    const second = row[0]! > (asked.activation === 'sigmoid' ? 0 : 0.5);
    return (second ? [1, 0] : [0, 1]).slice(0, most);
  }
  if (most === 1) return [row.reduce((best, value, index) => (value > row[best]! ? index : best), 0)];
  return Array.from(row.keys()).sort((one, other) => row[other]! - row[one]! || one - other).slice(0, most);
}

function probabilitiesOf(asked: Asked, row: Float32Array): number[] | undefined {
  if (asked.activation === null) return undefined;
  const given = finalOf(asked, row);
  return tellsTwo(asked, row.length) ? [1 - given[0]!, given[0]!] : given;
}

/** With the activation that the network ends in, in double precision. */
function finalOf({ activation }: Asked, row: Float32Array): number[] {
  if (activation === 'softmax') return softmax(row);
  return activation === 'sigmoid' ? Array.from(row, (logit) => 1 / (1 + Math.exp(-logit))) : Array.from(row);
}

function softmax(logits: Float32Array): number[] {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The last axis fastest. */
function nested(values: readonly number[], [size, ...inner]: readonly number[]): unknown {
  if (size === undefined) return values[0];
  if (inner.length === 0) return values;
  const step = volume(inner);
  return Array.from({ length: size }, (_, index) => nested(values.slice(index * step, (index + 1) * step), inner));
}
