// The client: one connection, and a resource of each kind upon it.
import type { CompareReport } from '../contract/compare-report.js';
import type { CompareRequest } from '../contract/compare-request.js';
import type { EvaluateReport } from '../contract/evaluate-report.js';
import type { EvaluateRequest } from '../contract/evaluate-request.js';
import type { ExplainReport } from '../contract/explain-report.js';
import type { ExplainRequest } from '../contract/explain-request.js';
import type { ExportReport } from '../contract/export-report.js';
import type { ExportRequest } from '../contract/export-request.js';
import { Connection } from './connection.js';
import { Datasets } from './datasets.js';
import { reportOf } from './job-report.js';
import { Jobs } from './jobs.js';
import type { JobWaitOptions } from './live-job.js';
import { Models } from './models.js';
import type { ClientOptions } from './options.js';
import { System } from './system.js';
import { Uploads } from './uploads.js';
import { Webhooks } from './webhooks.js';

/**
 * A service, as it is reached from here. Holds no connection open and needs no closing.
 * @example
 * const rootstock = new Rootstock({ url: service, apiKey: 'key', maxRetries: 4, timeoutMs: 10_000 });
 * console.log((await rootstock.system.get()).version);
 */
export class Rootstock {
  readonly datasets: Datasets;
  readonly uploads: Uploads;
  readonly models: Models;
  readonly jobs: Jobs;
  readonly webhooks: Webhooks;
  readonly system: System;

  constructor(options: ClientOptions = {}) {
    const connection = new Connection(options);
    this.uploads = new Uploads(connection);
    this.datasets = new Datasets(connection, this.uploads);
    this.models = new Models(connection);
    this.jobs = new Jobs(connection);
    this.webhooks = new Webhooks(connection);
    this.system = new System(connection);
  }

  /**
   * Trains several plans on one data set and resolves to their table, once all have ended.
   * @throws UnsuccessfulError where the job ends otherwise than with success; TimeoutError after `waitMs`
   * @example
   * const { best, candidates } = await client.compare({
   *   dataset,
   *   seeds: 1,
   *   candidates: [
   *     { name: 'small', model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1 } },
   *     { name: 'large', model: { architecture: 'mlp', hidden: [32] }, training: { epochs: 1 } },
   *   ],
   * });
   */
  compare(request: Omit<CompareRequest, 'type'>, options: JobWaitOptions = {}): Promise<CompareReport> {
    return reportOf(this.jobs, { ...request, type: 'compare' }, options);
  }

  /**
   * Measures a model on a data set and resolves to the report, once the job has ended; with `against` another on the same examples.
   * @throws UnsuccessfulError where the job ends otherwise than with success; TimeoutError after `waitMs`
   * @example
   * const { metrics, worst } = await client.evaluate({ model: { job: finishedJob }, dataset, slices: ['class'] });
   * for (const { name, value, interval } of metrics) console.log(name, value, interval);
   */
  evaluate(request: Omit<EvaluateRequest, 'type'>, options: JobWaitOptions = {}): Promise<EvaluateReport> {
    return reportOf(this.jobs, { ...request, type: 'evaluate' }, options);
  }

  /**
   * Sees what in its examples a model goes by and resolves to the report, once the job has ended; pictures and numbers are artifacts of the job.
   * @throws UnsuccessfulError where the job ends otherwise than with success; TimeoutError after `waitMs`
   * @example
   * const { examples, job } = await client.explain({ model, dataset, methods: ['nearest_examples'], worst: 1 });
   * for (const { example, nearest_examples: nearest } of examples) console.log(job, example.index, nearest);
   */
  explain(request: Omit<ExplainRequest, 'type'>, options: JobWaitOptions = {}): Promise<ExplainReport> {
    return reportOf(this.jobs, { ...request, type: 'explain' }, options);
  }

  /**
   * Has a model in another format and resolves to the report, once the files are there, verified in the format's own runtime; they are artifacts of
   * the job.
   * @throws UnsuccessfulError where the job ends otherwise than with success; TimeoutError after `waitMs`
   * @example
   * const { job, verification } = await client.exportModel({ model, format: 'onnx' });
   * console.log(verification.largest_difference);
   * const network = await (await client.jobs.artifact(job, 'model.onnx')).bytes();
   */
  exportModel(request: Omit<ExportRequest, 'type'>, options: JobWaitOptions = {}): Promise<ExportReport> {
    return reportOf(this.jobs, { ...request, type: 'export' }, options);
  }
}
