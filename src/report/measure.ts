// What is measured of a transfer once its runs are done. All of it follows from the weights that the model began and ended with, and from
// the results of the runs: a job that was interrupted measures the same.
import type { Architecture } from '../contract/layers.js';
import { isBetterHigher, PRIMARY_METRIC } from '../contract/metrics.js';
import type { FlatMetrics, RunPlan, RunResult } from '../contract/run.js';
import type { ResolvedBase, ResolvedSpec } from '../contract/training-specs.js';
import type { Calibration, Forgetting, LinearProbe, Measured, NotMeasured, ReportedLayer, ReportPart, TransferReport } from '../contract/transfer-report.js';
import type { PackedDataset } from '../datasets/packed.js';
import type { Rows } from '../datasets/rows.js';
import type { Curves } from '../engine/curves.js';
import { evaluate, predict } from '../engine/evaluate.js';
import { evenly, type Examples } from '../engine/examples.js';
import { onFeatures, type FeaturesOf } from '../engine/features.js';
import type { TensorFlow } from '../engine/native.js';
import { buildNetwork } from '../engine/network.js';
import { makeObjective } from '../engine/objectives/registry.js';
import { outputScaleOf, toOwnScale, toTrainingScale } from '../engine/target-scale.js';
import { startOfMain } from '../engine/start.js';
import { prepareData, type TrainingData } from '../engine/training-data.js';
import { divide, outputShape } from '../models/architecture.js';
import { asTrained, finalActivation } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import { volume } from '../contract/shape.js';
import { binsOf, confidencesOf, expectedCalibrationError, fitTemperature, type Logits } from './calibration.js';
import { LEAST_EXAMPLES } from './cka.js';
import { classesOf } from './classes.js';
import { compareRuns } from './comparison.js';
import { planProbe } from './probe-plan.js';
import { measureProbe } from './probe.js';
import { distancesOf } from './distance.js';
import { whyNotComparable, whyOtherData } from './forgetting.js';
import { alignmentsOf } from './representations.js';
import { proportionOf } from './wilson.js';

/** Examples that outputs are compared by, layer by layer. */
const MOST_ALIGNED = 512;
/** Outputs that are held at once: of more examples, some that lie evenly among them are looked at (64 MiB). */
const MOST_OUTPUTS = 2 ** 24;

/** The data set that the base model learnt from, or why there is none. */
export type Source = { dataset: string; packed: PackedDataset } | { why: string };

export interface Transferred {
  job: { id: string; name: string | null; model: string };
  spec: ResolvedSpec & { base_model: ResolvedBase };
  data: TrainingData;
  /** Weights of the base model. */
  base: Weights;
  /** The run that became the model, and what it learnt. */
  published: RunPlan;
  weights: Weights;
  runs: readonly RunResult[];
  curves: Curves;
  source: Source;
  featuresOf: FeaturesOf;
  /** Whether parts that take long are left out, the time of the job being up. @default never */
  hurries?: () => boolean;
  /** Awaited between parts. */
  onPart: () => Promise<void>;
}

export async function measureTransfer(tf: TensorFlow, transferred: Transferred): Promise<TransferReport> {
  const { job, spec, data, runs, curves, onPart } = transferred;
  const task = spec.target ? 'regression' : 'classification';
  const notMeasured: NotMeasured[] = [];
  const without = (part: ReportPart, why: string): null => {
    notMeasured.push({ part, why });
    return null;
  };
  const begun = startOfMain(spec, transferred.published.seed, transferred.base);
  const bench = new Bench(tf, transferred, begun);
  await onPart();
  const before = await bench.measure(begun, data.test);
  await onPart();
  const probe = await probeOf(tf, transferred, begun, without);
  await onPart();
  const calibration = await calibrationOf(bench, transferred, without);
  await onPart();
  const layers = await layersOf(tf, bench, transferred, begun, without);
  await onPart();
  const forgetting = await forgettingOf(bench, transferred, begun, without);

  const testExamples = data.test.count;
  const classes = classesOf(spec.class_names, runs);
  if (!classes) without('classes', task === 'regression' ? 'values have no classes' : 'there are more than 100');
  return {
    object: 'transfer_report',
    job: job.id,
    name: job.name,
    model: job.model,
    base_model: spec.base_model,
    dataset: spec.dataset,
    task,
    test_examples: testExamples,
    ...compareRuns(runs, task),
    before,
    linear_probe: probe,
    runs: runs.map(({ run, role, seed, steps, stop_reason, budget_reached, choice, interpolation, metrics, confusion_matrix }) => ({
      run, role, seed, steps, stop_reason, budget_reached, ...(choice && { choice }), ...(interpolation !== undefined && { interpolation }), metrics, confusion_matrix, accuracy: accuracyOf(metrics, testExamples),
    })),
    classes,
    calibration,
    curves: runs.map(({ run, role, seed }) => ({ run, role, seed, points: curves.pointsOf(run) })),
    layers,
    forgetting,
    not_measured: notMeasured,
  };
}

const TIME_IS_UP = 'the time that the job had was up';

type Without = (part: ReportPart, why: string) => null;

const accuracyOf = ({ test_accuracy: accuracy }: FlatMetrics, examples: number) => (accuracy === undefined ? null : proportionOf(accuracy, examples));

/** Runs the network on examples: behind the cut where features are kept, as training did. */
class Bench {
  private readonly rowsOf = new Map<Rows, Rows>();
  /** What is run of the network on what `prepared` gives. */
  readonly architecture: Architecture;

  constructor(private readonly tf: TensorFlow, private readonly transferred: Transferred, private readonly begun: Weights) {
    const { architecture, features_from: cut } = transferred.spec;
    this.architecture = cut === null ? architecture : divide(architecture, cut).rest;
  }

  async prepared(examples: Examples): Promise<Examples> {
    const { spec, featuresOf, onPart } = this.transferred;
    if (spec.features_from === null) return examples;
    if (!this.rowsOf.has(examples.rows)) {
      const { trunk } = divide(spec.architecture, spec.features_from);
      this.rowsOf.set(examples.rows, (await featuresOf(this.tf, { architecture: trunk, weights: this.begun }, examples, onPart)).rows);
    }
    return onFeatures(examples, this.rowsOf.get(examples.rows)!);
  }

  /** @param weights in the scale of training */
  async measure(weights: Weights, examples: Examples): Promise<Measured> {
    return this.evaluated(this.architecture, weights, await this.prepared(examples));
  }

  /** The whole network, on examples of whatever data set. */
  measureWhole(weights: Weights, examples: Examples): Promise<Measured> {
    return this.evaluated(this.transferred.spec.architecture, weights, examples);
  }

  private async evaluated(architecture: Architecture, weights: Weights, examples: Examples): Promise<Measured> {
    const { training, target, class_names: names } = this.transferred.spec;
    const objective = makeObjective(this.tf, { ...training, deviations: target?.scale?.deviation ?? null }, target ? null : names.length);
    const network = await buildNetwork(this.tf, asTrained(architecture, training.loss.name), weights);
    try {
      const { measures } = await evaluate(this.tf, network, examples, objective);
      const metrics = Object.fromEntries(Object.entries(measures).map(([name, value]) => [`test_${name}`, value]));
      return { metrics, accuracy: accuracyOf(metrics, examples.count) };
    } finally {
      network.dispose();
    }
  }

  /** What the network gives before its last activation, which is a softmax or a sigmoid. */
  async logits(weights: Weights, all: Examples): Promise<Logits> {
    const units = volume(outputShape(this.architecture));
    const examples = await this.prepared(evenly(all, Math.floor(MOST_OUTPUTS / units)));
    const loss = finalActivation(this.architecture) === 'softmax' ? 'sparse_categorical_crossentropy' : 'binary_crossentropy';
    const network = await buildNetwork(this.tf, asTrained(this.architecture, loss), weights);
    try {
      return { values: await predict(this.tf, network, examples), labels: examples.targets.of.values, units };
    } finally {
      network.dispose();
    }
  }
}

async function probeOf(tf: TensorFlow, { spec, data, published, featuresOf, onPart, hurries }: Transferred, begun: Weights, without: Without): Promise<LinearProbe | null> {
  if (hurries?.()) return without('linear_probe', TIME_IS_UP);
  const plan = planProbe(spec);
  return 'why' in plan ? without('linear_probe', plan.why) : measureProbe(tf, { spec, data, begun, seed: published.seed, featuresOf, onPart }, plan);
}

async function calibrationOf(bench: Bench, { spec, weights, data, hurries }: Transferred, without: Without): Promise<Calibration | null> {
  if (hurries?.()) return without('calibration', TIME_IS_UP);
  if (spec.target) return without('calibration', 'values come without probabilities');
  const activation = finalActivation(bench.architecture);
  const isOne = volume(outputShape(bench.architecture)) === 1;
  if (activation !== 'softmax' && !(activation === 'sigmoid' && isOne)) return without('calibration', 'the outputs of the network are no probabilities that sum to 1');
  const test = await bench.logits(weights, data.test);
  const bins = binsOf(confidencesOf(test));
  const calibration = { examples: test.labels.length, ece: expectedCalibrationError(bins), bins };
  if (!data.validation) return { ...calibration, temperature: without('temperature', 'there is no validation part to fit it on: ask for one with training.validation_split') };
  const validation = await bench.logits(weights, data.validation);
  const value = fitTemperature(validation);
  const ece = expectedCalibrationError(binsOf(confidencesOf(test, value)));
  return { ...calibration, temperature: { value, validation_examples: validation.labels.length, ece } };
}

/** Layers that were carried over: how far their weights went, and how alike their outputs still are. */
async function layersOf(tf: TensorFlow, bench: Bench, { spec, base, weights, data, hurries }: Transferred, begun: Weights, without: Without): Promise<ReportedLayer[]> {
  const distances = distancesOf(spec.inherit, base, weights);
  if (hurries?.()) {
    without('cka', TIME_IS_UP);
    return distances.map((distance) => ({ ...distance, cka: null }));
  }
  const examples = await bench.prepared(evenly(data.test, MOST_ALIGNED));
  if (examples.count < LEAST_EXAMPLES) {
    without('cka', `there are fewer than ${LEAST_EXAMPLES} test examples`);
    return distances.map((distance) => ({ ...distance, cka: null }));
  }
  const scale = outputScaleOf(spec);
  const start = scale ? toOwnScale(begun, scale.layer, scale) : begun;
  const running = new Set(bench.architecture.layers.map(({ name }) => name));
  const alignments = await alignmentsOf(tf, bench.architecture, start, weights, examples, distances.map(({ layer }) => layer).filter((layer) => running.has(layer)));
  // Layers whose outputs were kept as features are what they were.
  return distances.map((distance) => ({ ...distance, cka: alignments.get(distance.layer) ?? { linear: 1, debiased: 1 } }));
}

async function forgettingOf(bench: Bench, { spec, weights, source, hurries }: Transferred, begun: Weights, without: Without): Promise<Forgetting | null> {
  if (hurries?.()) return without('forgetting', TIME_IS_UP);
  const why = whyNotComparable(spec) ?? ('why' in source ? source.why : undefined);
  if (why !== undefined || 'why' in source) return without('forgetting', why!);
  const other = whyOtherData(spec, source.packed.content);
  if (other !== undefined) return without('forgetting', other);
  const { test } = await prepareData(source.packed, { ...spec, training: { ...spec.training, validation_split: 0 } });
  const scale = outputScaleOf(spec);
  const [before, after] = [await bench.measureWhole(begun, test), await bench.measureWhole(scale ? toTrainingScale(weights, scale.layer, scale) : weights, test)];
  const metric = PRIMARY_METRIC[spec.target ? 'regression' : 'classification'];
  const gained = after.metrics[metric]! - before.metrics[metric]!;
  return { dataset: source.dataset, examples: test.count, before, after, difference: isBetterHigher(metric) ? gained : -gained };
}
