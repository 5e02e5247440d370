// Every schema with a name of its own: `named()` refers to them, the OpenAPI file lists them.
import { AugmentRequest, AugmentSettings } from './augment.js';
import { CatalogueModel } from './catalogue.js';
import { CompareReport } from './compare-report.js';
import { Dataset } from './dataset.js';
import { DatasetExample, DatasetReport } from './dataset-report.js';
import { ExamplePrediction } from './example-prediction.js';
import { EvaluateReport } from './evaluate-report.js';
import { ExplainReport } from './explain-report.js';
import { ExportReport } from './export-report.js';
import { JobSchema } from './job-schema.js';
import { JobEstimate } from './estimate.js';
import { JobEvent } from './event.js';
import { Job, JobSummary } from './job.js';
import { CompareSpec, ResolvedSpec } from './training-specs.js';
import { EvaluateSpec, ExplainSpec, ExportSpec } from './untrained-specs.js';
import { TransferRequest } from './job-request.js';
import { Architecture, LayerSpec } from './layers.js';
import { LossTermRequest, LossTermSettings } from './loss-terms.js';
import { LossRequest, LossSettings } from './losses.js';
import { LogLine } from './log-line.js';
import { Checkpoint } from './checkpoint.js';
import { Lineage } from './lineage.js';
import { AnyModel, Model, ModelVersion, UnreadyModel } from './model.js';
import { OptimizerRequest, OptimizerSettings } from './optimizers.js';
import { Predictions, ServingAnswer } from './prediction.js';
import { Problem } from './problem.js';
import { RateReport } from './rate-report.js';
import { ScheduleRequest, ScheduleSettings } from './schedules.js';
import { SolverRequest, SolverSettings } from './solvers.js';
import { System } from './system.js';
import { TransferReport } from './transfer-report.js';
import { Delivery, Webhook, WebhookPayload, WebhookWithSecret } from './webhook.js';

export const NAMED_SCHEMAS = [
  Problem, Dataset, DatasetReport, DatasetExample, LayerSpec, Architecture, OptimizerRequest, OptimizerSettings, ScheduleRequest, ScheduleSettings, SolverRequest, SolverSettings, LossRequest, LossSettings, LossTermRequest, LossTermSettings, AugmentRequest, AugmentSettings, TransferRequest, ResolvedSpec, CompareSpec, EvaluateSpec, ExplainSpec, ExportSpec, Job,
  JobSummary, JobEstimate, JobEvent, LogLine, Checkpoint, Model, UnreadyModel, AnyModel, ModelVersion, Lineage, CatalogueModel, TransferReport, RateReport, CompareReport, EvaluateReport, ExplainReport, ExportReport, JobSchema, System, Webhook, WebhookWithSecret, Delivery, WebhookPayload, Predictions, ServingAnswer, ExamplePrediction,
] as const;
