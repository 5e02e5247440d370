// What a transfer starts from: a published model, or the main run of a job as one of its checkpoints has it.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Preprocessing } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { BaseModelRequest } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import type { Model } from '../contract/model.js';
import { PUBLISHED_RUN } from '../contract/run.js';
import type { Task } from '../contract/task.js';
import type { ResolvedBase, ResolvedSpec } from '../contract/training-specs.js';
import { findDataset } from '../datasets/registry.js';
import { CHECKPOINT_FILE, inspectCheckpoint, isMainFinished, mainNamesOf, mainWeights } from '../engine/checkpoint.js';
import type { Catalogue } from '../models/catalogue/load.js';
import { catalogueModel } from '../models/catalogue/registry.js';
import { modelIdAsked } from '../models/addresses.js';
import { findImport, findUnreadyModel } from '../models/imports/registry.js';
import { findModel } from '../models/registry.js';
import { streamedWeightsDigest } from '../models/weights.js';
import { bytesOf } from '../store/array-file.js';
import type { Store } from '../store/store.js';
import { checkpointsPrefix, listCheckpoints, type StoredCheckpoint } from './checkpoints.js';
import { findJob, type StoredJob } from './query.js';

export interface Base {
  named: ResolvedBase;
  architecture: Architecture;
  task: Task;
  /** What its outputs mean, in order: classes, or names of values. */
  labels: readonly string[];
  preprocessing: Preprocessing;
  weights_digest: string;
  /** Layers that no job trains. */
  frozenLayers: readonly string[];
  /** Key of the file that the job must take a copy of, since it may be let go at any time; none for a model, which stays while a job needs it. */
  file?: string;
}

/** Where bases are looked for. */
export interface BaseRooms {
  store: Store;
  catalogue: Catalogue;
}

/** A model to learn from. @param pointer of its name in the request @throws what `findBase` throws of a model */
export async function findTeacher(rooms: BaseRooms, asked: string, pointer: string): Promise<Base> {
  try {
    return await findBase(rooms, asked);
  } catch (problem) {
    throw problem instanceof ServiceError ? problem.at(pointer) : problem;
  }
}

/**
 * @throws MODEL_UNKNOWN, MODEL_VERSION_UNKNOWN, INVALID_VALUE, MODEL_NOT_READY, JOB_UNKNOWN, NO_CHECKPOINT, CHECKPOINT_UNKNOWN, BASE_CORRUPT, and for a model of the catalogue
 *   BASE_ABSENT, BASE_COMING, BASE_FAILED, each with its pointer
 */
export async function findBase({ store, catalogue }: BaseRooms, asked: BaseModelRequest): Promise<Base> {
  if (typeof asked !== 'string') return checkpointBase(store, asked);
  // What somebody here gave the name to goes before what a later version of the service may bring under it.
  const meant = await modelIdAsked(store, asked, '/base_model');
  return modelOf(store, meant ?? (catalogue.has(asked) ? await idOf({ store, catalogue }, asked) : asked));
}

/** Of a base model of the catalogue, once it is here. */
async function idOf({ store, catalogue }: BaseRooms, name: string): Promise<string> {
  const { status, model: id } = await catalogueModel(store, catalogue.get(name)!);
  if (id === null) throw ServiceError.of('BASE_ABSENT', name).at('/base_model');
  if (status === 'importing') throw ServiceError.of('BASE_COMING', name, id).at('/base_model');
  if (status === 'invalid') throw ServiceError.of('BASE_FAILED', name, id, (await findImport(store, id))?.error?.message ?? '').at('/base_model');
  return id;
}

async function modelOf(store: Store, asked: string): Promise<Base> {
  const model = await findModel(store, asked);
  if (model) return modelBase(model);
  const unready = await findUnreadyModel(store, asked);
  if (unready) throw ServiceError.of('MODEL_NOT_READY', asked, unready.status).at('/base_model');
  throw ServiceError.of('MODEL_UNKNOWN', asked).at('/base_model');
}

export const modelBase = ({ id, architecture, task = 'classification', labels, preprocessing, weights_digest, frozen_layers: frozenLayers = [] }: Model): Base =>
  ({ named: id, architecture, task, labels, preprocessing, weights_digest, frozenLayers });

/** Proven whole before anything of it is used. Of its numbers none are held but those of an output layer that is in the scale of training: they are only hashed on the way. */
async function checkpointBase(store: Store, asked: Exclude<BaseModelRequest, string>): Promise<Base> {
  const stored = await findJob(store, asked.job);
  if (!stored) throw ServiceError.of('JOB_UNKNOWN', asked.job).at('/base_model/job');
  const { job } = stored;
  const { spec } = job;
  if (spec.type === 'export') throw ServiceError.of('METHOD_NOT_POSSIBLE', 'base_model', 'an export trains nothing; start from the model that it wrote').at('/base_model/job');
  if (spec.type === 'evaluate') throw ServiceError.of('METHOD_NOT_POSSIBLE', 'base_model', 'an evaluation trains nothing; start from the model that it measured').at('/base_model/job');
  if (spec.type === 'explain') throw ServiceError.of('METHOD_NOT_POSSIBLE', 'base_model', 'an explanation trains nothing; start from the model that it looked at').at('/base_model/job');
  if (spec.type === 'compare') throw ServiceError.of('METHOD_NOT_POSSIBLE', 'base_model', 'a comparison has no main run to go on from; have a fine-tuning of the plan make a model').at('/base_model/job');
  const { name } = chosen(stored, await listCheckpoints(store, job.id), asked.checkpoint);
  const preprocessing = await preprocessingOf(store, spec, job.model);
  const prefix = `${checkpointsPrefix(job.id)}/${name}`;
  try {
    const folder = await store.localFolder(prefix);
    const { head, places, tensors, sha256 } = await inspectCheckpoint(folder, { spec_digest: job.spec_digest, name });
    const { architecture, class_names: classes, target, frozen_layers: frozenLayers = [], lora } = spec;
    if (lora && !isMainFinished(head)) throw ServiceError.of('METHOD_NOT_POSSIBLE', 'base_model', 'the change of low rank that the run learns is in its weights only when it ends; start from its model').at('/base_model/checkpoint');
    const converted = mainWeights(head, tensors);
    const weights_digest = await streamedWeightsDigest(architecture, (path) => {
      const values = converted.get(path);
      if (values) return [bytesOf(values)];
      const place = mainNamesOf(path, head).map((name) => places.get(name)).find((found) => found !== undefined);
      if (!place) throw ServiceError.of('CHECKPOINT_CORRUPT', name, `it lacks ${path}`);
      return createReadStream(join(folder, CHECKPOINT_FILE), { start: place.from, end: place.from + place.bytes - 1 });
    });
    const step = head.finished.find(({ run }) => run === PUBLISHED_RUN)?.steps ?? head.cursor.step;
    const named = { job: job.id, checkpoint: name, step, digest: sha256 };
    return { named, architecture, task: target ? 'regression' : 'classification', labels: target?.names ?? classes, preprocessing, weights_digest, frozenLayers, file: `${prefix}/${CHECKPOINT_FILE}` };
  } catch (problem) {
    // A job at work lets go of older ones all the time: where this one went meanwhile, what was asked for may be another now.
    if (!(await listCheckpoints(store, job.id)).some((checkpoint) => checkpoint.name === name)) return checkpointBase(store, asked);
    if (!(problem instanceof ServiceError && problem.code === 'CHECKPOINT_CORRUPT')) throw problem;
    throw ServiceError.of('BASE_CORRUPT', problem.message, job.id).at('/base_model/checkpoint');
  }
}

/** @param all newest first */
function chosen({ job, status }: StoredJob, all: readonly StoredCheckpoint[], asked: string): StoredCheckpoint {
  const [latest] = all;
  if (!latest) throw ServiceError.of('NO_CHECKPOINT', job.id, status).at('/base_model/job');
  const best = all.find((checkpoint) => checkpoint.best && checkpoint.run === PUBLISHED_RUN);
  const found = new Map([['latest', latest], ['best', best]]).get(asked) ?? all.find(({ name, id }) => name === asked || id === asked);
  if (found) return found;
  const known = ['latest', ...(best ? ['best'] : []), ...all.map(({ name }) => name)].join(', ');
  throw ServiceError.of('CHECKPOINT_UNKNOWN', job.id, asked.slice(0, 64), known).at('/base_model/checkpoint');
}

/** Specs of earlier versions leave it to the data set. */
export async function preprocessingOf(store: Store, spec: ResolvedSpec, model: string | null): Promise<Preprocessing> {
  const found = spec.preprocessing ?? (await findDataset(store, spec.dataset))?.content?.preprocessing ?? (model === null ? undefined : await findModel(store, model))?.preprocessing;
  if (!found) throw ServiceError.of('DATASET_UNKNOWN', spec.dataset).at('/base_model/job');
  return found;
}
