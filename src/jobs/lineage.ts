// The lineage of a model: its data sets, bases and jobs back to the first, and the jobs and models that came of it, on to the last.
import type { Lineage, LineageEdge, LineageNode } from '../contract/lineage.js';
import { kindOfId } from '../contract/ids.js';
import type { AnyModel } from '../contract/model.js';
import { trains } from '../contract/job-kinds.js';
import { plansOf } from '../contract/plans.js';
import { findDataset } from '../datasets/registry.js';
import { findUnreadyModel, listAllModelIds } from '../models/imports/registry.js';
import { findModel } from '../models/registry.js';
import { isUnreadable } from '../store/records.js';
import type { Store } from '../store/store.js';
import { teachersOf } from '../transfer/distillation.js';
import { modelsUsedIn } from './needs.js';
import { findReadableJob, listJobIds, type StoredJob } from './query.js';

const MOST_NODES = 1_000;
/** Records that are read at a time. */
const AT_ONCE = 16;

/** From a model to a job about it. */
const RELATIONS = { evaluate: 'measured', explain: 'explained', export: 'exported' } as const;

/** Everything there is of jobs and models, by id: an edge is named at its end, so that what comes of a thing is found by looking at all. */
interface Known {
  jobs: ReadonlyMap<string, StoredJob>;
  models: ReadonlyMap<string, AnyModel>;
}

/** @param id of a model that is there */
export async function lineageOf(store: Store, id: string): Promise<Lineage> {
  const known = await readAll(store);
  const edges = edgesOf(known);
  const forth = neighbours(edges, 'from', 'to');
  const back = neighbours(edges, 'to', 'from');
  // Each direction by itself: what else was trained on the same data set is no kin.
  const wanted = [...new Set([...reached(id, back), ...reached(id, forth)])];
  const ids = wanted.slice(0, MOST_NODES);
  const nodes = await Promise.all(ids.map((one) => nodeOf(store, known, one)));
  const kin = new Set(ids);
  return {
    object: 'lineage',
    model: id,
    nodes,
    edges: edges.filter(({ from, to }) => kin.has(from) && kin.has(to)),
    truncated: wanted.length > ids.length,
  };
}

/** Ids of the models that came of it and are there, nearest first, also by way of models that were deleted. What only measured or exported it made none. */
export async function descendantsOf(store: Store, id: string): Promise<string[]> {
  const known = await readAll(store);
  return reached(id, neighbours(edgesOf(known), 'from', 'to')).filter((one) => one !== id && known.models.has(one));
}

async function readAll(store: Store): Promise<Known> {
  const jobs = await readEach(await listJobIds(store), async (id) => {
    const stored = await findReadableJob(store, id);
    return stored === 'unreadable' ? undefined : stored;
  });
  const models = await readEach(await listAllModelIds(store), async (id) =>
    (await findModel(store, id).catch((problem: unknown) => {
      if (!isUnreadable(problem)) throw problem;
      return undefined;
    })) ?? findUnreadyModel(store, id),
  );
  return { jobs, models };
}

async function readEach<T>(ids: readonly string[], read: (id: string) => Promise<T | undefined>): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    (await Promise.all(some.map(read))).forEach((one, at) => one !== undefined && found.set(some[at]!, one));
  }
  return found;
}

function edgesOf({ jobs, models }: Known): LineageEdge[] {
  const edges = new Map<string, LineageEdge>();
  const add = (from: string, to: string, relation: LineageEdge['relation']): void => void edges.set(`${from} ${to} ${relation}`, { from, to, relation });
  for (const { job } of jobs.values()) {
    if (job.spec.dataset !== null) add(job.spec.dataset, job.id, plansOf(job.spec).length === 0 ? 'measured_on' : 'trained_on');
    if (!trains(job.spec)) for (const { id } of modelsUsedIn(job.spec)) add(id, job.id, RELATIONS[job.spec.type]);
    for (const { base_model: base, stages } of plansOf(job.spec)) {
      if (base !== null) add(typeof base === 'string' ? base : base.job, job.id, 'started_from');
      for (const teacher of teachersOf(stages)) add(teacher, job.id, 'learnt_from');
    }
    // Made, or made and deleted since; of a job that came to nothing there never was one.
    if (job.model !== null && (models.has(job.model) || jobs.get(job.id)?.status === 'succeeded')) add(job.id, job.model, 'made');
  }
  for (const model of models.values()) {
    if (model.status !== 'ready' || model.job === null) continue;
    add(model.job, model.id, 'made');
    if (jobs.has(model.job)) continue;
    // Its job was deleted: what the model itself knows of.
    if (model.dataset !== null) add(model.dataset, model.job, 'trained_on');
    const base = model.base_model;
    if (base !== null) add(typeof base === 'string' ? base : base.job, model.job, 'started_from');
  }
  return [...edges.values()];
}

function neighbours(edges: readonly LineageEdge[], of: 'from' | 'to', at: 'from' | 'to'): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const edge of edges) (found.get(edge[of]) ?? found.set(edge[of], []).get(edge[of])!).push(edge[at]);
  return found;
}

/** The id itself, and all that is reached from it, nearest first. */
function reached(id: string, next: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set([id]);
  for (const at of seen) for (const one of next.get(at) ?? []) seen.add(one);
  return [...seen];
}

async function nodeOf(store: Store, { jobs, models }: Known, id: string): Promise<LineageNode> {
  const type = kindOfId(id) as LineageNode['type'];
  const stored = jobs.get(id);
  const found = type === 'job' ? stored && { name: stored.job.name, status: stored.status, created_at: stored.job.created_at } : type === 'model' ? models.get(id) : await findDataset(store, id);
  return { id, type, name: found?.name ?? null, status: found?.status ?? null, created_at: found?.created_at ?? null, deleted: !found };
}
