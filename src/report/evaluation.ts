// The report of an evaluation, from what one model, or two, came to on each example. All of it follows from these numbers and the seed.
import { WORST, type AgainstModel, type EvaluatedClass, type EvaluateReport, type EvaluationVerdict, type MeasuredMetric, type Slice, type SlicedBy } from '../contract/evaluate-report.js';
import type { ExamplePrediction } from '../contract/example-prediction.js';
import type { EvaluateSpec } from '../contract/untrained-specs.js';
import { isBetterHigher, PRIMARY_METRIC } from '../contract/metrics.js';
import type { Calibration, Interval } from '../contract/transfer-report.js';
import type { Evaluated } from '../engine/objectives/objective.js';
import { bootstrapIntervals, CONFIDENCE, type Resampling, type Statistic } from './bootstrap.js';
import { binsOf, expectedCalibrationError } from './calibration.js';
import { precisionOf, recallOf, type Confusion } from './classes.js';
import { mcnemar } from './mcnemar.js';
import { resampledMetrics, type ExamplesMeasured } from './resampled.js';
import { membersOf, type Groups } from './slice-groups.js';
import { proportionOf } from './wilson.js';

const PREFIX = 'test';
/** Of McNemar's test: less likely is called a difference. */
const LEVEL = 0.05;

/** A model on all examples. */
export interface MeasuredModelOn extends ExamplesMeasured {
  id: string;
  labels: readonly string[];
  evaluated: Evaluated;
  /** The same of some of the examples. */
  measure: (some: ExamplesMeasured) => Evaluated;
}

export interface EvaluationFound {
  job: { id: string; name: string | null };
  spec: EvaluateSpec;
  loss: string;
  model: MeasuredModelOn;
  against: MeasuredModelOn | null;
  groups: readonly Groups[];
  /** By loss, the greatest first. */
  worst: readonly ExamplePrediction[];
  /** Awaited now and then, told how many examples were drawn for intervals since; what it throws ends the work. */
  onDrawn: (draws: number) => Promise<void>;
}

export async function evaluationReport({ job, spec, loss, model, against, groups, worst, onDrawn }: EvaluationFound): Promise<EvaluateReport> {
  const examples = spec.parts.reduce((sum, part) => sum + part.examples, 0);
  const resampling: Resampling = { examples, resamples: spec.resamples, seed: spec.seed, onDrawn };
  const { metrics, other } = await withIntervals(model, against, resampling);
  const { confusion } = model.evaluated;
  const slices: SlicedBy[] = [];
  for (const group of groups) slices.push(await slicedBy(model, group, resampling));
  return {
    object: 'evaluate_report',
    job: job.id,
    name: job.name,
    model: model.id,
    dataset: spec.dataset,
    task: spec.task,
    labels: [...model.labels],
    parts: spec.parts,
    examples,
    loss,
    metrics,
    bootstrap: { resamples: spec.resamples, seed: spec.seed, confidence: CONFIDENCE },
    classes: confusion && model.labels.map((name, at) => evaluatedClass(name, confusion, at)),
    confusion_matrix: confusion,
    calibration: calibrationOf(model),
    worst: worst.slice(0, WORST),
    slices,
    against: against && other && heldAgainst(spec, model, against, other),
  };
}

interface WithOther {
  metrics: MeasuredMetric[];
  differences: MeasuredMetric[];
}

/** All on the same resamples. */
async function withIntervals(model: MeasuredModelOn, against: MeasuredModelOn | null, resampling: Resampling): Promise<{ metrics: MeasuredMetric[]; other: WithOther | null }> {
  const wanted: { name: string; value: number; statistic: Statistic }[] = [];
  const add = (values: Readonly<Record<string, number>>, statistics: Readonly<Record<string, Statistic>>): number => {
    for (const [name, statistic] of Object.entries(statistics)) wanted.push({ name: `${PREFIX}_${name}`, value: values[name]!, statistic });
    return wanted.length;
  };
  const own = resampledMetrics(model, Object.keys(model.evaluated.measures));
  const ends = [add(model.evaluated.measures, own)];
  if (against) {
    const theirs = resampledMetrics(against, Object.keys(against.evaluated.measures));
    ends.push(add(against.evaluated.measures, theirs));
    const both = Object.keys(own).filter((name) => theirs[name]);
    const better = (name: string, of: number | undefined, than: number | undefined): number | undefined => (of === undefined || than === undefined ? undefined : isBetterHigher(name) ? of - than : than - of);
    add(
      Object.fromEntries(both.map((name) => [name, better(name, model.evaluated.measures[name], against.evaluated.measures[name])!])),
      Object.fromEntries(both.map((name) => [name, (counts) => better(name, own[name]!(counts), theirs[name]!(counts))])),
    );
  }
  const intervals = await bootstrapIntervals(wanted.map(({ statistic }) => statistic), resampling);
  const told = wanted.map(({ name, value }, at): MeasuredMetric => ({ name, value, interval: intervals[at]! }));
  return { metrics: told.slice(0, ends[0]), other: against && { metrics: told.slice(ends[0], ends[1]), differences: told.slice(ends[1]) } };
}

function evaluatedClass(name: string, confusion: Confusion, at: number): EvaluatedClass {
  const examples = confusion[at]!.reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, row) => sum + row[at]!, 0);
  const [recall, precision] = [recallOf(confusion, at), precisionOf(confusion, at)];
  return {
    name,
    examples,
    predicted,
    recall: recall === null ? null : proportionOf(recall, examples),
    precision: precision === null ? null : proportionOf(precision, predicted),
    f1: recall === null || precision === null ? null : recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision),
  };
}

function calibrationOf(model: MeasuredModelOn): Calibration | null {
  const { probability } = model.each;
  if (!probability || probability.some((one) => Number.isNaN(one))) return null;
  const hits = hitsOf(model);
  const bins = binsOf(Array.from(probability, (one, at) => ({ probability: one, hit: hits[at]! })));
  return { examples: probability.length, ece: expectedCalibrationError(bins), bins, temperature: null };
}

const hitsOf = ({ each, truth }: ExamplesMeasured): boolean[] => Array.from(each.predicted!, (guess, at) => guess === truth[at]);

async function slicedBy(model: MeasuredModelOn, groups: Groups, resampling: Resampling): Promise<SlicedBy> {
  const slices: Slice[] = [];
  for (const [group, members] of membersOf(groups).entries()) if (members.length > 0) slices.push(await sliceOf(model, groups, group, members, resampling));
  return { column: groups.column, kind: groups.kind, slices };
}

async function sliceOf(model: MeasuredModelOn, { column, names }: Groups, group: number, members: Uint32Array, resampling: Resampling): Promise<Slice> {
  const some = chosen(model, members);
  const { measures } = model.measure(some);
  const { accuracy } = measures;
  const { rmse } = resampledMetrics(some, Object.keys(measures));
  // By its place: names of categories are texts of any length.
  const intervals = rmse ? await bootstrapIntervals([rmse], { ...resampling, examples: members.length, site: `slice/${column}/${group}` }) : [null];
  return {
    name: names[group]!,
    examples: members.length,
    accuracy: accuracy === undefined ? null : proportionOf(accuracy, members.length),
    metrics: Object.fromEntries(Object.entries(measures).map(([name, value]) => [`${PREFIX}_${name}`, value])),
    rmse_interval: intervals[0]!,
  };
}

function chosen({ each, truth }: ExamplesMeasured, members: Uint32Array): ExamplesMeasured {
  const width = truth.length / each.loss!.length;
  const values = new (truth instanceof Int32Array ? Int32Array : Float32Array)(members.length * width);
  for (let at = 0; at < values.length; at += 1) values[at] = truth[members[Math.floor(at / width)]! * width + (at % width)]!;
  return { each: Object.fromEntries(Object.entries(each).map(([name, column]) => [name, Float32Array.from(members, (place) => column[place]!)])), truth: values };
}

function heldAgainst({ task }: EvaluateSpec, model: MeasuredModelOn, against: MeasuredModelOn, { metrics, differences }: WithOther): AgainstModel {
  const test = task === 'classification' ? mcnemar(hitsOf(model), hitsOf(against)) : null;
  const primary = differences.find(({ name }) => name === PRIMARY_METRIC[task])!;
  const isTold = test ? test.p_value < LEVEL : excludesZero(primary.interval);
  const verdict: EvaluationVerdict = !isTold ? 'cannot_tell' : (test ? test.only_model - test.only_against : primary.value) > 0 ? 'better' : 'worse';
  const why = test
    ? `Of the examples that one alone has right the model has ${test.only_model} and the other ${test.only_against}: p = ${Number(test.p_value.toPrecision(3))} (McNemar’s test, ${test.test === 'exact' ? 'exact' : 'with the correction for continuity'}).`
    : `The interval of the difference of ${primary.name} ${isTold ? 'lies on one side of 0' : 'holds 0, or there is none'}.`;
  return { model: against.id, metrics, differences, mcnemar: test, verdict, why };
}

const excludesZero = (interval: Interval | null): boolean => interval !== null && (interval[0] > 0 || interval[1] < 0);
