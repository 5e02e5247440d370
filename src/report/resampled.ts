// The metrics of engine/objectives/ once more, of examples that each count as often as they were drawn. Counted once each, they are the same numbers.
import { TOP } from '../contract/metrics.js';
import type { Counts, Statistic } from './bootstrap.js';

/** What each example came to, by the names of the objective, and what it was held against. */
export interface ExamplesMeasured {
  each: Readonly<Record<string, Float32Array>>;
  /** Class of each; or its values, row by row. */
  truth: Int32Array | Float32Array;
}

/** By the name of each metric, without its prefix. @param named those that were measured */
export function resampledMetrics(measured: ExamplesMeasured, named: readonly string[]): Record<string, Statistic> {
  const known = statisticsOf(measured);
  return Object.fromEntries(named.flatMap((name) => (known[name] ? [[name, known[name]] as const] : [])));
}

function statisticsOf({ each, truth }: ExamplesMeasured): Record<string, Statistic> {
  const loss = meanOf(each.loss!);
  if (!(truth instanceof Int32Array)) return { loss, ...ofValues(each, truth) };
  const { predicted, inTop, score } = each;
  return {
    loss,
    accuracy: meanOf(Float32Array.from(predicted!, (guess, at) => (guess === truth[at] ? 1 : 0))),
    ...(inTop && { [`top_${TOP}_accuracy`]: meanOf(inTop) }),
    ...(score && { auc: areaUnderCurve(score, truth) }),
  };
}

function meanOf(values: ArrayLike<number>): Statistic {
  return (counts) => {
    let sum = 0;
    for (let at = 0; at < counts.length; at += 1) sum += counts[at]! * values[at]!;
    return sum / counts.length;
  };
}

function ofValues(each: ExamplesMeasured['each'], values: Float32Array): Record<'mae' | 'rmse' | 'r2', Statistic> {
  const errors = Object.keys(each).filter((name) => name.startsWith('error ')).map((name) => each[name]!);
  const mean = (of: (error: number) => number): Statistic => meanOf(Float64Array.from({ length: errors[0]!.length }, (_, at) => errors.reduce((sum, output) => sum + of(output[at]!), 0) / errors.length));
  const squared = mean((error) => error ** 2);
  return { mae: mean(Math.abs), rmse: (counts) => Math.sqrt(squared(counts)!), r2: (counts) => determination(errors, values, counts) };
}

/** 1 − Σ error² / Σ (value − mean)², averaged over the outputs; undefined where the values of one are all the same. */
function determination(errors: readonly Float32Array[], values: Float32Array, counts: Counts): number | undefined {
  let sum = 0;
  for (const [output, ofOutput] of errors.entries()) {
    let [squared, total, spread] = [0, 0, 0];
    for (let at = 0; at < counts.length; at += 1) {
      squared += counts[at]! * ofOutput[at]! ** 2;
      total += counts[at]! * values[at * errors.length + output]!;
    }
    const mean = total / counts.length;
    for (let at = 0; at < counts.length; at += 1) spread += counts[at]! * (values[at * errors.length + output]! - mean) ** 2;
    if (spread === 0) return undefined;
    sum += 1 - squared / spread;
  }
  return sum / errors.length;
}

/** By the ranks of the scores, ties counting one half; undefined where a class was not drawn. The order is the same in all resamples. */
function areaUnderCurve(scores: Float32Array, classes: Int32Array): Statistic {
  const ascending = Uint32Array.from(scores, (_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  return (counts) => {
    let [below, pairs, positives] = [0, 0, 0];
    for (let start = 0; start < ascending.length; ) {
      let [end, ofTie, positivesOfTie] = [start, 0, 0];
      for (const score = scores[ascending[start]!]; end < ascending.length && scores[ascending[end]!] === score; end += 1) {
        ofTie += counts[ascending[end]!]!;
        positivesOfTie += counts[ascending[end]!]! * classes[ascending[end]!]!;
      }
      const negativesOfTie = ofTie - positivesOfTie;
      pairs += positivesOfTie * (below + negativesOfTie / 2);
      below += negativesOfTie;
      positives += positivesOfTie;
      // A score that is no number is not even equal to itself.
      start = Math.max(end, start + 1);
    }
    return below === 0 || positives === 0 ? undefined : pairs / (below * positives);
  };
}
