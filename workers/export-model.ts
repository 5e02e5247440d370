// An attempt of an export: the files are written, loaded in their own runtime and held against the network, and only then described. Left off, it begins
// again; asked to stop, it goes on to its end, since half an export is none.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultPoint } from '#fault-points';
import { ServiceError } from '#contract/errors.js';
import { volume } from '#contract/shape.js';
import { VERIFIED_INPUTS, type ExportAccuracy, type ExportReport, type ExportVerification } from '#contract/export-report.js';
import type { ExportSpec } from '#contract/untrained-specs.js';
import type { Model } from '#contract/model.js';
import { openPacked, type PackedDataset } from '#datasets/packed.js';
import { evenly, preparedExamples, type Examples } from '#engine/examples.js';
import { inputsOf } from '#engine/feed.js';
import { allResults, openForwardPass } from '#engine/forward.js';
import type { TensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { classTargets, valueTargets } from '#engine/targets.js';
import { valuesOf } from '#engine/values.js';
import { measuredAccuracy, requireAccurate, toldClasses, type Truth } from '#exports/accuracy.js';
import type { Exported, Runner } from '#exports/formats/format.js';
import { FORMATS } from '#exports/formats/registry.js';
import { heldWeights } from '#exports/tfjs-layers.js';
import { accepted, goldenInputs, largestDifference, outputsOf, shaken, type Inputs } from '#exports/verify.js';
import { RESULT_REPORT } from '#jobs/result.js';
import { outputShape } from '#models/architecture.js';
import { describeFiles, GOLDEN_FILE, LABELS_FILE, MANIFEST_FILE, PREPROCESSING_FILE, readWeights, type Golden } from '#models/bundle.js';
import type { Weights } from '#models/weights.js';
import type { Worker } from './child.js';
import { MeasuringMeter, onDone, type OnDone } from './measuring-meter.js';
import { AFTER, BEFORE, FILES, NETWORK, partsOfExport, RUNTIME, SHAKEN } from './measuring-work.js';
import { openEngine } from './open-task.js';
import type { TrainResult, TrainTask, TrainTeacher } from './protocol.js';

/** Files of the bundle that travel with every export. */
const CARRIED_ALONG = [LABELS_FILE, PREPROCESSING_FILE, GOLDEN_FILE] as const;

export async function exportModel(task: TrainTask, spec: ExportSpec, worker: Worker): Promise<TrainResult> {
  const { outFolder, datasetFolder, job } = task;
  const [at] = task.measured as [TrainTeacher];
  const { tf } = await openEngine(task, worker);
  const exported = await openModel(at, spec);
  const packed = datasetFolder === null ? null : await openPacked(datasetFolder);
  try {
    const measured = packed && (await testExamples(packed, exported));
    const inputs = measured ? await firstInputs(tf, measured.examples) : goldenInputs(exported.golden, VERIFIED_INPUTS);
    const some = atMost(inputs, FORMATS[spec.format].mostInputs);
    const parts = partsOfExport(spec, exported.architecture, { inputs: some.count, measured: exported.quantisation ? (measured?.examples.count ?? inputs.count) : 0 });
    const done = onDone(new MeasuringMeter(parts), worker, 'while a model was exported');
    await done(null);
    const written = await FORMATS[spec.format].write(tf, exported, outFolder);
    await faultPoint('export.written.fail');
    await done(FILES, 1);

    const verification = await verify(tf, spec, exported, { inputs: some, outFolder, done });
    const accuracy = exported.quantisation && (await measureAccuracy(tf, exported, measured, inputs, done));
    if (accuracy) requireAccurate(accuracy, spec.max_drop);

    worker.tell({ kind: 'finalizing' });
    for (const name of CARRIED_ALONG) await copyFile(join(at.folder, name), join(outFolder, name));
    const report: ExportReport = {
      object: 'export_report',
      job: job.id,
      model: spec.model.id,
      weights_digest: spec.model.weights_digest,
      format: spec.format,
      quantize: spec.quantize,
      dataset: spec.dataset,
      files: await describeFiles(outFolder, [...written, ...CARRIED_ALONG]),
      verification: { ...verification, inputs_from: measured ? 'dataset' : 'golden_pairs' },
      accuracy,
    };
    await writeFile(join(outFolder, RESULT_REPORT), JSON.stringify(report), { flag: 'wx', mode: 0o600 });
    return { stop_reason: 'completed', weights_digest: null, metrics: accuracy ? { [accuracy.metric]: accuracy.after } : {}, runs: [] };
  } finally {
    await packed?.close();
  }
}

async function openModel({ folder, architecture }: TrainTeacher, { model, quantize }: ExportSpec): Promise<Exported> {
  const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(join(folder, name), 'utf8')) as T;
  return {
    name: (await read<Pick<Model, 'name'>>(MANIFEST_FILE)).name ?? model.id,
    architecture,
    weights: await readWeights(folder, architecture),
    labels: await read(LABELS_FILE),
    preprocessing: await read(PREPROCESSING_FILE),
    golden: await read<Golden>(GOLDEN_FILE),
    quantisation: quantize,
  };
}

interface Measured {
  examples: Examples;
  truth: Truth;
}

/** The test part as the model takes it. */
async function testExamples(packed: PackedDataset, { labels: names, preprocessing }: Exported): Promise<Measured> {
  const { rows, labels } = await packed.part('test');
  const { content } = packed;
  if (labels instanceof Float32Array) {
    return { examples: preparedExamples(rows, valueTargets(labels, content.target!.names.length), preprocessing), truth: { values: labels } };
  }
  // A model may know the classes in another order, and more of them.
  const places = content.class_names.map((name, at) => (names.length === 0 ? at : names.indexOf(name)));
  const classes = labels.map((label) => places[label]!);
  return { examples: preparedExamples(rows, classTargets(classes), preprocessing), truth: { classes } };
}

async function firstInputs(tf: TensorFlow, examples: Examples): Promise<Inputs> {
  const some = evenly(examples, VERIFIED_INPUTS);
  const inputs = await inputsOf(tf, some);
  const values = inputs.dataSync() as Float32Array;
  inputs.dispose();
  return { values, count: some.count };
}

/** The first of them. */
const atMost = ({ values, count }: Inputs, most = count): Inputs => (count <= most ? { values, count } : { values: values.slice(0, (values.length / count) * most), count: most });

interface Verifying {
  inputs: Inputs;
  outFolder: string;
  done: OnDone;
}

/** The written files against the network with the weights that they hold. @throws EXPORT_MISMATCH */
async function verify(tf: TensorFlow, { format: name }: ExportSpec, exported: Exported, { inputs, outFolder, done }: Verifying): Promise<Omit<ExportVerification, 'inputs_from'>> {
  const format = FORMATS[name];
  const { runtime, tolerance, rowsAtOnce } = format;
  const { architecture, weights, quantisation } = exported;
  const held = quantisation ? heldWeights(architecture, weights, quantisation) : weights;
  const expected = await outputsWith(tf, exported, held, inputs, (rows) => done(NETWORK, rows));
  const most = accepted(tolerance, expected, await outputsWith(tf, exported, shaken(held), inputs, (rows) => done(SHAKEN, rows)));
  const runner = await format.open(tf, exported, outFolder);
  try {
    const difference = largestDifference(await outputsOf(runner, architecture, inputs, (rows) => done(RUNTIME, rows), rowsAtOnce), expected);
    if (!(difference <= most)) throw ServiceError.of('EXPORT_MISMATCH', runtime, difference.toExponential(1), most.toExponential(1));
    return { runtime, inputs: inputs.count, largest_difference: difference, accepted: most };
  } finally {
    runner.close();
  }
}

/** What the network itself gives with these weights. */
async function outputsWith(tf: TensorFlow, { architecture }: Exported, weights: Weights, inputs: Inputs, onRows: (rows: number) => Promise<void>): Promise<Float32Array> {
  const network = await buildNetwork(tf, architecture, weights);
  const runner: Runner = {
    run: async (values, rows) => valuesOf(tf, () => network.apply(tf.tensor(values, [rows, ...architecture.input_shape], 'float32'), false)),
    close: () => network.dispose(),
  };
  try {
    return await outputsOf(runner, architecture, inputs, onRows);
  } finally {
    runner.close();
  }
}

/** Of the quantised weights against those of the model: on the test part, or else on the inputs, where what the model says counts as right. */
async function measureAccuracy(tf: TensorFlow, exported: Exported, measured: Measured | null, inputs: Inputs, done: OnDone): Promise<ExportAccuracy> {
  const { architecture, weights, quantisation } = exported;
  const outputsBy = (some: Weights, part: string): Promise<Float32Array> => {
    const onRows = (rows: number): Promise<void> => done(part, rows);
    return measured ? outputsOn(tf, exported, some, measured.examples, onRows) : outputsWith(tf, exported, some, inputs, onRows);
  };
  const before = await outputsBy(weights, BEFORE);
  const after = await outputsBy(heldWeights(architecture, weights, quantisation!), AFTER);
  const truth = measured?.truth ?? { classes: toldClasses(before, inputs.count) };
  return { measured_on: measured ? 'test_part' : 'verified_inputs', examples: measured?.examples.count ?? inputs.count, ...measuredAccuracy(before, after, truth) };
}

async function outputsOn(tf: TensorFlow, { architecture }: Exported, weights: Weights, examples: Examples, onRows: (rows: number) => Promise<void>): Promise<Float32Array> {
  const network = await buildNetwork(tf, architecture, weights);
  const pass = openForwardPass(tf, network, examples, (inputs) => ({ outputs: network.apply(inputs, false) }));
  try {
    return await allResults(pass, (numbers) => onRows(numbers / volume(outputShape(architecture))));
  } finally {
    pass.dispose();
    network.dispose();
  }
}
