// The parts that an evaluation, an explanation and an export are made of, and what each costs, for saying how far they are.
import type { DatasetContent } from '#contract/dataset.js';
import type { ExportFormat } from '#contract/export-format.js';
import type { EvaluateSpec, ExplainSpec, ExportSpec } from '#contract/untrained-specs.js';
import type { Architecture } from '#contract/layers.js';
import { explanationWork } from '#jobs/work.js';
import { flopsPerExample, parameterCount } from '#models/architecture.js';
import type { MeasuringPart } from './measuring-meter.js';

/** Of an example that is drawn for an interval, with what is counted of it: 15 million of them a second, where a network does 5e10 operations. */
const OPERATIONS_OF_A_DRAW = 3_300;
/** Of a weight that is written and read again. */
const OPERATIONS_OF_A_WEIGHT = 5_000;
/** How many times longer than the engine the runtime of a format takes: one thread of WebAssembly; plain JavaScript. */
const SLOWER: Partial<Record<ExportFormat, number>> = { onnx: 4, html: 100 };

/** Names of the parts of an evaluation. */
export const MODEL = 'model';
export const AGAINST = 'against';
export const DRAWS = 'draws';

/** @param architectures of the model, and of the other where there is one */
export function partsOfEvaluation({ parts, resamples, slices, task }: EvaluateSpec, architectures: readonly Architecture[]): MeasuringPart[] {
  const examples = parts.reduce((sum, part) => sum + part.examples, 0);
  const networks = architectures.map((architecture, at): MeasuringPart => ({ name: [MODEL, AGAINST][at]!, count: examples, operations: flopsPerExample(architecture), isExamples: true }));
  // Of two models each number is drawn for both and for their difference; slices of values have intervals of their own.
  const draws = resamples * examples * (1 + (task === 'regression' ? slices.length : 0));
  return [...networks, { name: DRAWS, count: draws, operations: OPERATIONS_OF_A_DRAW * (architectures.length > 1 ? 3 : 1), isExamples: false }];
}

/** Names of the further parts of an explanation. */
export const NEAREST = 'nearest';
export const EXPLAINED = 'explained';
export const SHUFFLED = 'shuffled';

/** @param content of the data set that the examples are of */
export function partsOfExplanation(spec: ExplainSpec, architecture: Architecture, content: DatasetContent): MeasuringPart[] {
  const { measured, trained, explained, passesOfExplained, shuffled } = explanationWork(spec, content);
  const operations = flopsPerExample(architecture);
  const through = (name: string, count: number): MeasuringPart => ({ name, count, operations, isExamples: true });
  return [
    through(MODEL, measured),
    ...(trained > 0 ? [through(NEAREST, trained)] : []),
    { name: EXPLAINED, count: explained, operations: operations * passesOfExplained, isExamples: false },
    ...(shuffled > 0 ? [through(SHUFFLED, shuffled)] : []),
  ];
}

/** Names of the parts of an export. */
export const FILES = 'files';
export const NETWORK = 'network';
export const SHAKEN = 'shaken';
export const RUNTIME = 'runtime';
export const BEFORE = 'before';
export const AFTER = 'after';

/** @param inputs that it is verified on @param measured examples that the accuracy is measured on; 0 where it is not */
export function partsOfExport({ format }: ExportSpec, architecture: Architecture, { inputs, measured }: { inputs: number; measured: number }): MeasuringPart[] {
  const operations = flopsPerExample(architecture);
  const through = (name: string, count: number, slower = 1): MeasuringPart => ({ name, count, operations: operations * slower, isExamples: true });
  return [
    { name: FILES, count: 1, operations: OPERATIONS_OF_A_WEIGHT * parameterCount(architecture), isExamples: false },
    through(NETWORK, inputs), through(SHAKEN, inputs), through(RUNTIME, inputs, SLOWER[format]),
    ...(measured > 0 ? [through(BEFORE, measured), through(AFTER, measured)] : []),
  ];
}
