// What a kind of job takes: its schema, what is taken where nothing is said, and a request that can be sent as it is.
import { MOST_RUN_SECONDS } from '../contract/budget.js';
import { ServiceError } from '../contract/errors.js';
import type { JobType } from '../contract/job.js';
import type { AnyJobRequest } from '../contract/any-job-request.js';
import { CompareRequest, MOST_CANDIDATES } from '../contract/compare-request.js';
import { EvaluateRequest } from '../contract/evaluate-request.js';
import { ExplainRequest } from '../contract/explain-request.js';
import { ExportRequest } from '../contract/export-request.js';
import { FineTuneRequest, LrFindRequest, MOST_EPOCHS, MOST_SEEDS, MOST_STEPS, PretrainRequest } from '../contract/job-request.js';
import { UNTRAINED_TYPES } from '../contract/job-kinds.js';
import type { JobSchema } from '../contract/job-schema.js';
import { MOST_LAYERS } from '../contract/layers.js';
import { NAMED_SCHEMAS } from '../contract/named-schemas.js';
import { defaultsOf, selfContained } from '../contract/self-contained.js';
import { findDataset, listDatasetIds } from '../datasets/registry.js';
import { findModel, listModelIds } from '../models/registry.js';
import type { Store } from '../store/store.js';
import { findBase, modelBase, type Base } from './base.js';
import { candidateRequests } from './comparison.js';
import { evaluationOf } from './evaluation.js';
import { explanationOf } from './explanation.js';
import { requireReady, resolveSpec, type ReadyDataset } from './resolve.js';
import type { ResolveRooms } from './submit.js';

const SCHEMAS = { pretrain: PretrainRequest, fine_tune: FineTuneRequest, lr_find: LrFindRequest, compare: CompareRequest, evaluate: EvaluateRequest, explain: ExplainRequest, export: ExportRequest } as const satisfies Record<JobType, unknown>;
/** The plan that the service makes, and the same network from fresh weights: whether to transfer at all. */
const COMPARED = [{ name: 'auto' }, { name: 'scratch', transfer: { kind: 'structure', inherit: 'none' }, training: 'auto' }];
/** How many of the newest are tried. */
const MOST_TRIED = 100;

/** @param baseModel id, or name in the catalogue @throws what a job on that base would be refused with */
export async function jobSchema(rooms: ResolveRooms, type: JobType, baseModel: string | undefined): Promise<JobSchema> {
  if (type === 'pretrain' && baseModel !== undefined) throw ServiceError.of('INVALID_VALUE', 'must be left out of a pretraining, which starts from fresh weights').at('/base_model');
  const schema = selfContained(SCHEMAS[type], NAMED_SCHEMAS);
  const { template, missing } = await templateOf(rooms, type, baseModel);
  return {
    object: 'job_schema',
    type,
    schema,
    defaults: defaultsOf(schema),
    limits: { memory_bytes: rooms.memoryLimitBytes, steps: MOST_STEPS, epochs: MOST_EPOCHS, seeds: MOST_SEEDS, candidates: MOST_CANDIDATES, layers: MOST_LAYERS, run_seconds: MOST_RUN_SECONDS },
    template,
    missing,
  };
}

/** The least that can be said, of the newest data set that it can work with. */
async function templateOf(rooms: ResolveRooms, type: JobType, baseModel: string | undefined): Promise<Pick<JobSchema, 'template' | 'missing'>> {
  if (type === 'pretrain') return filled(rooms, { type, model: { architecture: 'mlp' }, training: 'auto' }, [null]);
  const named = baseModel === undefined ? [] : [{ said: baseModel, base: await findBase(rooms, baseModel) }];
  const bases = baseModel === undefined ? await newestModels(rooms.store) : named;
  const least = { type, ...(type === 'compare' && { candidates: COMPARED }) };
  if (type === 'export') return exportTemplate(bases);
  if (bases.length === 0) return { template: least, missing: [`/${fieldOf(type)}`, '/dataset'] };
  return filled(rooms, least, bases);
}

/** What a request names the model by that it is about. */
const fieldOf = (type: unknown): 'model' | 'base_model' => (UNTRAINED_TYPES.includes(type as never) ? 'model' : 'base_model');

/** Any model can be exported so, and no data set is needed. */
const exportTemplate = ([newest]: readonly { said: string }[]): Pick<JobSchema, 'template' | 'missing'> =>
  ({ template: { type: 'export', format: 'saved_model', ...(newest && { model: newest.said }) }, missing: newest ? [] : ['/model'] });

type Started = { said: string; base: Base } | null;

async function filled({ store, memoryLimitBytes }: ResolveRooms, request: Readonly<Record<string, unknown>>, bases: readonly Started[]): Promise<Pick<JobSchema, 'template' | 'missing'>> {
  const datasets = await readyDatasets(store);
  for (const started of bases) {
    const begun = { ...request, ...(started && { [fieldOf(request.type)]: started.said }) };
    const dataset = datasets.find((each) => canWork({ ...begun, dataset: each.id } as unknown as Exclude<AnyJobRequest, ExportRequest>, each, started?.base ?? null, memoryLimitBytes));
    if (dataset) return { template: { ...begun, dataset: dataset.id }, missing: [] };
  }
  return { template: { ...request, ...(bases[0] && { [fieldOf(request.type)]: bases[0].said }) }, missing: ['/dataset'] };
}

function canWork(request: Exclude<AnyJobRequest, ExportRequest>, dataset: ReadyDataset, base: Base | null, memoryLimitBytes: number): boolean {
  try {
    if (request.type === 'explain') return explanationOf(request, dataset, base!, memoryLimitBytes).methods.length > 0;
    if (request.type === 'evaluate') return evaluationOf(request, dataset, [base!], memoryLimitBytes).parts.length > 0;
    for (const plan of request.type === 'compare' ? candidateRequests(request) : [request]) resolveSpec(plan, dataset, base, memoryLimitBytes);
    return true;
  } catch (problem) {
    if (problem instanceof ServiceError) return false;
    throw problem;
  }
}

async function readyDatasets(store: Store): Promise<ReadyDataset[]> {
  const found = await Promise.all((await listDatasetIds(store)).slice(0, MOST_TRIED).map((id) => findDataset(store, id)));
  return found.flatMap((dataset) => (dataset?.status === 'ready' && dataset.content ? [requireReady(dataset)] : []));
}

async function newestModels(store: Store): Promise<{ said: string; base: Base }[]> {
  const found = await Promise.all((await listModelIds(store)).slice(0, MOST_TRIED).map((id) => findModel(store, id)));
  return found.flatMap((model) => (model ? [{ said: model.id, base: modelBase(model) }] : []));
}
