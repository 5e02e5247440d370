// What the steps of an epoch measured, put together: a report every so many steps, and the epoch as a whole.
import { ServiceError } from '../contract/errors.js';
import type { EpochSums, Sums } from './checkpoint.js';
import type { Measure, Measures } from './objectives/objective.js';

/** Steps between two reports: a fixed number, so that a run's metrics are the same each time. */
export const STEPS_PER_REPORT = 50;

/** Means over examples, from measures of batches. */
class Means {
  private readonly sums: number[];
  examples: number;

  constructor(
    private readonly measures: readonly Measure[],
    from?: Sums,
  ) {
    this.sums = measures.map(({ name }) => from?.sums[name] ?? 0);
    this.examples = from?.examples ?? 0;
  }

  /** @param ofBatch a mean for each measure */
  add(ofBatch: Float32Array, batch: number): void {
    for (const [at, { counts }] of this.measures.entries()) {
      const sum = ofBatch[at]! * batch;
      // A float32 mean of 0s and 1s is off in the eighth digit; the count is exact.
      this.sums[at]! += counts ? Math.round(sum) : sum;
    }
    this.examples += batch;
  }

  get state(): Sums {
    return { examples: this.examples, sums: this.byName((sum) => sum) };
  }

  mean(): Measures {
    return this.byName((sum) => sum / this.examples) as Measures;
  }

  private byName(value: (sum: number) => number): Record<string, number> {
    return Object.fromEntries(this.measures.map(({ name }, at) => [name, value(this.sums[at]!)]));
  }
}

export interface Report {
  mean: Measures;
  /** How many were trained on since the report before. */
  examples: number;
  /** The last step of it. */
  step: number;
}

/** The measures of an epoch's steps, put together to reports, which do not depend on how many steps a call takes. */
export class Reports {
  readonly wholeEpoch: Means;
  private report: Means;
  private stepsOfReport: number;

  /**
   * @param stepsTaken steps of the run so far
   * @param examples of the epoch
   * @param from what was measured of the epoch already
   */
  constructor(
    private readonly measures: readonly Measure[],
    public stepsTaken: number,
    private readonly examples: number,
    private readonly batchSize: number,
    from?: EpochSums,
  ) {
    this.wholeEpoch = new Means(measures, from?.whole);
    this.report = new Means(measures, from?.report);
    this.stepsOfReport = from?.stepsOfReport ?? 0;
  }

  /** Whether all examples of the epoch have been trained on. */
  get complete(): boolean {
    return this.wholeEpoch.examples === this.examples;
  }

  /** What has been measured so far, to go on from. */
  get state(): EpochSums {
    return { whole: this.wholeEpoch.state, report: this.report.state, stepsOfReport: this.stepsOfReport };
  }

  /** Takes the measures of some steps, and gives the reports that are complete with them. @throws NAN_LOSS, naming the step */
  *add(measured: Float32Array): Generator<Report> {
    const width = this.measures.length;
    for (let at = 0; at < measured.length; at += width) {
      const ofStep = measured.subarray(at, at + width);
      this.stepsTaken += 1;
      if (!Number.isFinite(ofStep[0])) throw ServiceError.of('NAN_LOSS', this.stepsTaken);
      const batch = Math.min(this.batchSize, this.examples - this.wholeEpoch.examples);
      this.report.add(ofStep, batch);
      this.wholeEpoch.add(ofStep, batch);
      this.stepsOfReport += 1;
      if (this.stepsOfReport === STEPS_PER_REPORT || this.complete) yield* this.rest();
    }
  }

  /** What was measured since the last report, if anything. */
  *rest(): Generator<Report> {
    if (this.stepsOfReport === 0) return;
    yield { mean: this.report.mean(), examples: this.report.examples, step: this.stepsTaken };
    this.report = new Means(this.measures);
    this.stepsOfReport = 0;
  }
}
