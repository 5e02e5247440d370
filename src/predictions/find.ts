// Which network is asked: that of a model, of the newest model of a name, or of a job: its model, or while it is at work its best checkpoint.
import { join } from 'node:path';
import { ServiceError } from '../contract/errors.js';
import type { Preprocessing } from '../contract/dataset.js';
import { REPORT_ONLY } from '../contract/job.js';
import type { Architecture } from '../contract/layers.js';
import { PUBLISHED_RUN } from '../contract/run.js';
import type { Task } from '../contract/task.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import { CHECKPOINT_FILE } from '../engine/checkpoint.js';
import { preprocessingOf } from '../jobs/base.js';
import { checkpointsPrefix, listCheckpoints } from '../jobs/checkpoints.js';
import { getStoredJob } from '../jobs/query.js';
import { modelIdAt, modelMeant } from '../models/addresses.js';
import { outputShape, parameterCount } from '../models/architecture.js';
import { requireNotUnready } from '../models/imports/registry.js';
import { beforeProbabilities } from '../models/output-layer.js';
import { findModel, getModel, isModelThere, listModelIds, modelPrefix } from '../models/registry.js';
import type { Store } from '../store/store.js';
import type { LoadMessage, WeightsPlace } from './messages.js';

/** A network that is asked, with what its inputs and outputs mean. */
export interface Asked {
  /** The same for the same weights, another for others. */
  readonly key: string;
  readonly model: string | null;
  readonly job: string | null;
  readonly checkpoint: string | null;
  readonly task: Task;
  readonly labels: readonly string[];
  readonly preprocessing: Preprocessing;
  /** Without its batch axis. */
  readonly outputShape: readonly number[];
  /** What makes probabilities of what the network is run for. */
  readonly activation: 'softmax' | 'sigmoid' | null;
  readonly weightsBytes: number;
  readonly load: Omit<LoadMessage, 'kind' | 'key'>;
  /** To be asked while the network runs: what is remembered may have been deleted since, by another process too. @throws MODEL_NOT_FOUND */
  readonly stillThere: () => Promise<void>;
}

/** Networks and names that are remembered; what they stand for never changes. */
const MOST_KNOWN = 256;
const FLOAT_BYTES = 4;

export class Networks {
  private readonly known = new Map<string, Asked>();
  private readonly names = new Map<string, { id: string; newest: string | undefined }>();

  /** @param forget told of a model that is no more */
  constructor(private readonly store: Store, private readonly forget: (key: string) => void) {}

  /** @throws MODEL_NOT_FOUND, but of one that was asked before and deleted since: that `stillThere` tells; MODEL_NOT_READY */
  async ofModel(id: string): Promise<Asked> {
    const { store, known } = this;
    if (known.has(id)) return known.get(id)!;
    await requireNotUnready(store, id);
    const { architecture, task = 'classification', labels, preprocessing } = await getModel(store, id);
    const weights: WeightsPlace = { from: 'model', folder: await store.localFolder(modelPrefix(id)) };
    const stillThere = async (): Promise<void> => {
      if (await isModelThere(store, id)) return;
      if (known.delete(id)) this.forget(id);
      throw ServiceError.of('MODEL_NOT_FOUND', id);
    };
    return this.remember(networkOf({ key: id, model: id, job: null, checkpoint: null, task, labels, preprocessing, stillThere }, architecture, weights));
  }

  /** Names may mean other models from now on. */
  renamed(): void {
    this.names.clear();
  }

  /** @param name an alias, a version, the id of a model, or the name of some, of which the newest is meant @throws MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, MODEL_VERSION_INVALID, MODEL_NOT_READY */
  async ofName(name: string): Promise<Asked> {
    // Never remembered: an alias may be given to another model at any time, by another process too.
    const meant = await modelMeant(this.store, name);
    if (typeof meant === 'string') return this.ofModel(meant);
    const ids = await listModelIds(this.store);
    const found = this.names.get(name);
    if (found && found.newest === ids[0] && ids.includes(found.id)) return this.ofModel(found.id);
    for (const id of ids) {
      if ((await findModel(this.store, id))?.name !== name) continue;
      bounded(this.names, name, { id, newest: ids[0] });
      return this.ofModel(id);
    }
    return this.ofModel(await modelIdAt(this.store, name));
  }

  /** @throws JOB_NOT_FOUND, NO_ARTIFACTS, NO_CHECKPOINT, METHOD_NOT_POSSIBLE, MODEL_NOT_FOUND */
  async ofJob(id: string): Promise<Asked> {
    const { job, status } = await getStoredJob(this.store, id);
    if (REPORT_ONLY.includes(job.type)) throw ServiceError.of('NO_ARTIFACTS', job.id);
    if (status === 'succeeded' && job.model !== null) return this.ofModel(job.model);
    const all = await listCheckpoints(this.store, job.id);
    const checkpoint = all.find(({ best, run }) => best && run === PUBLISHED_RUN) ?? all[0];
    if (!checkpoint) throw ServiceError.of('NO_CHECKPOINT', job.id, status);
    const { name, run, sha256 } = checkpoint;
    const key = `${job.id}/${name}`;
    if (this.known.has(key)) return this.known.get(key)!;
    const spec = job.spec as ResolvedSpec;
    if (spec.lora && run === PUBLISHED_RUN) throw ServiceError.of('METHOD_NOT_POSSIBLE', 'lora', 'the change of low rank that the run learns is in its weights only when it ends; ask the model then');
    const { architecture, class_names: classes, target } = spec;
    const file = join(await this.store.localFolder(`${checkpointsPrefix(job.id)}/${name}`), CHECKPOINT_FILE);
    const preprocessing = await preprocessingOf(this.store, spec, job.model);
    const of = { key, model: null, job: job.id, checkpoint: name, task: target ? 'regression' : 'classification', labels: target?.names ?? classes, preprocessing, stillThere: async () => undefined } as const;
    return this.remember(networkOf(of, architecture, { from: 'checkpoint', file, sha256, name }));
  }

  private remember(asked: Asked): Asked {
    bounded(this.known, asked.key, asked);
    return asked;
  }
}

function bounded<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size > MOST_KNOWN) map.delete(map.keys().next().value!);
}

function networkOf(of: Omit<Asked, 'outputShape' | 'activation' | 'weightsBytes' | 'load'>, architecture: Architecture, weights: WeightsPlace): Asked {
  const { logits, activation } = beforeProbabilities(architecture);
  const { input, steps, pictures } = of.preprocessing;
  return {
    ...of,
    outputShape: outputShape(architecture),
    activation,
    weightsBytes: FLOAT_BYTES * parameterCount(architecture),
    load: { architecture: logits, input, divideBy: steps.map((step) => step.divide_by), fit: pictures?.fit ?? 'cover', weights },
  };
}
