// An attempt of an explanation: which examples, what the model said of them, and what in each of them it goes by; of a table, which columns count. Left off, it begins again; asked to stop, it
// goes on to its end, since half of the examples would be others than those that were asked for.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '#contract/errors.js';
import type { ExplainedExample, ExplainReport, PermutationImportance } from '#contract/explain-report.js';
import type { ExplainSpec } from '#contract/untrained-specs.js';
import { volume } from '#contract/shape.js';
import type { PackedDataset } from '#datasets/packed.js';
import { eachRow } from '#datasets/rows.js';
import { evaluateEach } from '#engine/evaluate.js';
import type { Examples } from '#engine/examples.js';
import { featureTrunk } from '#engine/explain/feature-trunk.js';
import { nearestExamples } from '#engine/explain/nearest.js';
import type { TensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import { preparing } from '#engine/table.js';
import { greatestFirst } from '#jobs/prediction-files.js';
import { RESULT_REPORT } from '#jobs/result.js';
import { describeFiles, readWeights } from '#models/bundle.js';
import { asTrained, measuringLoss, probabilityBy } from '#models/output-layer.js';
import type { Weights } from '#models/weights.js';
import { permutationImportance } from '#report/permutation.js';
import type { Worker } from './child.js';
import { explainExample, type ExplainedRow } from './explain-example.js';
import { examplesFor, measuringObjective, shownOf } from './measuring.js';
import { MeasuringMeter, onDone, type OnDone } from './measuring-meter.js';
import { EXPLAINED, MODEL, NEAREST, partsOfExplanation, SHUFFLED } from './measuring-work.js';
import { openTask } from './open-task.js';
import type { TrainResult, TrainTask, TrainTeacher } from './protocol.js';

export async function explainModel(task: TrainTask, spec: ExplainSpec, worker: Worker): Promise<TrainResult> {
  const { tf, packed } = await openTask(task, worker);
  const [{ folder, architecture }] = task.measured as [TrainTeacher];
  const done = onDone(new MeasuringMeter(partsOfExplanation(spec, architecture, packed.content)), worker, 'while a model was explained');
  const onCall = (): Promise<void> => done(null);
  const weights = await readWeights(folder, architecture);
  const loss = measuringLoss(architecture, spec.task);
  const network = await buildNetwork(tf, asTrained(architecture, loss), weights);
  try {
    const objective = measuringObjective(tf, spec.task, spec.model, loss, probabilityBy(architecture, loss));
    const part = await packed.part(spec.part);
    const examples = examplesFor(spec.model, packed.content, part);
    const { each, evaluated } = await evaluateEach(tf, network, examples, objective, (count) => done(MODEL, count));
    if (each.loss!.some((one) => !Number.isFinite(one))) throw ServiceError.of('OUTPUT_NOT_FINITE');

    const chosen = spec.examples ?? [...greatestFirst(each.loss!).subarray(0, spec.worst!)];
    const rows = await rowsOf(packed, examples, chosen);
    const subject = { dataset: spec.dataset, parts: [{ part: spec.part, examples: examples.count }], names: spec.model.labels, tellsValues: spec.task === 'regression' };
    const shown = shownOf(subject, chosen, each, examples.targets.of.values);
    const nearest = spec.nearest_examples && (await nearestTo({ tf, packed, spec, weights, network }, chosen, rows, done));
    const explained: ExplainedExample[] = [];
    const files: string[] = [];
    for (const [at, row] of rows.entries()) {
      const one = await explainExample(tf, spec, network, { ...row, example: shown[at]! }, task.outFolder, onCall);
      explained.push({ ...one.explained, ...(nearest && { nearest_examples: nearest[at]! }) });
      files.push(...one.files);
      await done(EXPLAINED, 1);
    }
    const measure = async (some: Examples): Promise<number> => (await evaluateEach(tf, network, some, objective, (count) => done(SHUFFLED, count))).evaluated.measures[metricOf(spec)]!;
    const importance = spec.permutation_importance && (await importanceOf(spec, packed, examples, evaluated.measures[metricOf(spec)]!, measure));

    worker.tell({ kind: 'finalizing' });
    const report: ExplainReport = {
      object: 'explain_report',
      job: task.job.id,
      name: task.job.name,
      model: spec.model.id,
      dataset: spec.dataset,
      task: spec.task,
      labels: spec.model.labels,
      part: spec.part,
      methods: spec.methods,
      distance: spec.nearest_examples && spec.nearest_examples.distance,
      examples: explained,
      permutation_importance: importance,
      files: await describeFiles(task.outFolder, files),
    };
    await writeFile(join(task.outFolder, RESULT_REPORT), JSON.stringify(report), { flag: 'wx', mode: 0o600 });
    return { stop_reason: 'completed', weights_digest: null, metrics: {}, runs: [] };
  } finally {
    network.dispose();
    await packed.close();
  }
}

const metricOf = ({ task }: ExplainSpec): 'accuracy' | 'rmse' => (task === 'regression' ? 'rmse' : 'accuracy');

/** The chosen examples, as they are packed and as the network takes them. */
async function rowsOf({ content }: PackedDataset, { rows, divideBy }: Examples, chosen: readonly number[]): Promise<Omit<ExplainedRow, 'example'>[]> {
  const prepare = preparing(rows.dtype, divideBy);
  const found: Omit<ExplainedRow, 'example'>[] = [];
  await eachRow(rows, chosen, (row) => {
    const input = new Float32Array(volume(content.input_shape));
    prepare(row, input, 0);
    found.push({ packed: row.slice(), input, divideBy });
  });
  return found;
}

interface Looking {
  tf: TensorFlow;
  packed: PackedDataset;
  spec: ExplainSpec;
  weights: Weights;
  network: Network;
}

/** Of the train part, whose example is not its own neighbour. */
async function nearestTo({ tf, packed, spec, weights, network }: Looking, chosen: readonly number[], rows: readonly { input: Float32Array }[], done: OnDone): Promise<NonNullable<ExplainedExample['nearest_examples']>[]> {
  const { count, distance } = spec.nearest_examples!;
  const part = await packed.part('train');
  const trunk = featureTrunk(network.architecture);
  const width = volume(network.architecture.input_shape);
  const queries = new Float32Array(rows.length * width);
  rows.forEach(({ input }, at) => queries.set(input, at * width));
  const isOwn = spec.part === 'train';
  const found = await nearestExamples(tf, { trunk: { architecture: trunk, weights: weights }, examples: examplesFor(spec.model, packed.content, part), queries, count: count + Number(isOwn), distance, onCall: () => done(null) });
  await done(NEAREST, part.labels.length / (packed.content.target?.names.length ?? 1));
  const { class_names: names, target } = packed.content;
  const outputs = target?.names.length ?? 1;
  const truthOf = (example: number): string | number[] => (part.labels instanceof Int32Array ? names[part.labels[example]!]! : [...part.labels.subarray(example * outputs, (example + 1) * outputs)]);
  return found.map((neighbours, at) =>
    neighbours.filter(({ example }) => !isOwn || example !== chosen[at]).slice(0, count).map(({ example, distance: far }) => ({ index: example, true: truthOf(example), distance: far })));
}

async function importanceOf(spec: ExplainSpec, { content }: PackedDataset, examples: Examples, value: number, measure: (examples: Examples) => Promise<number>): Promise<PermutationImportance> {
  const { repeats } = spec.permutation_importance!;
  const metric = metricOf(spec);
  const columns = await permutationImportance({ columns: content.preprocessing.columns!, examples, metric, baseline: value, measure, repeats, seed: spec.seed });
  const shown = columns.map(({ column, importance, deviation, interval }) => ({ column, importance, deviation, interval }));
  return { metric, value, examples: examples.count, repeats, seed: spec.seed, columns: shown.sort((one, other) => other.importance - one.importance) };
}
