// One attempt of one job, seen from the worker: fence, child, outcome. Resolves when the job is off this worker's hands.
import type { EventLog } from '#events/event-log.js';
import { ServiceError } from '#contract/errors.js';
import { getDataset, packedFolder } from '#datasets/registry.js';
import { findJob } from '#jobs/query.js';
import { expired, limitPassed, runLimit } from '#jobs/limits.js';
import { attemptFence, attemptsPrefix, type AcceptedJob, type JobOutcome } from '#jobs/records.js';
import { conclude, settle } from '#jobs/settle.js';
import { getModel, modelPrefix } from '#models/registry.js';
import { TryAgain, type InterruptReason } from '#queue/queue.js';
import { writeRecordOnce } from '#store/records.js';
import type { Staging, Store } from '#store/store.js';
import { AttemptRecorder } from './attempt-recorder.js';
import type { TrainTask } from './protocol.js';
import type { ChildEnd } from './supervisor.js';
import type { WarmChildren } from './warm-children.js';

/** A job whose child crashed this often is at fault itself. */
export const MOST_CRASHES = 3;
const FIRST_RETRY_AFTER_MS = 1_000;

export interface WorkerRooms {
  store: Store;
  events: EventLog;
  children: WarmChildren;
  /** Name of this worker in fences. */
  worker: string;
}

/** @throws TryAgain where another attempt shall follow */
export async function attemptJob({ store, events, children, worker }: WorkerRooms, id: string, signal: AbortSignal): Promise<void> {
  const stored = await findJob(store, id);
  if (!stored) return; // deleted while it waited
  if (stored.outcome) {
    await conclude(store, events, id);
    return;
  }
  const passed = limitPassed(stored.job, stored.state, Date.now());
  if (passed) {
    await settle(store, id, expired(stored.job, passed, stored.state.attempt));
    await conclude(store, events, id);
    return;
  }
  const limit = runLimit(stored.job, stored.state, Date.now());

  const attempt = await takeFence(store, id, worker);
  const recorder = await AttemptRecorder.open(store, events, id, attempt);
  const staging = await store.stage(`${id}.${attempt}`);
  const task = await taskOf(store, stored.job, staging);
  const end = isFailure(task)
    ? task
    : await children.train(task, { signal: AbortSignal.any([signal, limit]), onReport: (report) => recorder.report(report) });
  // Without the lock another worker may have begun: nothing more is written here, and its fence keeps this staging apart.
  if (end.kind === 'aborted' && (signal.reason as InterruptReason) === 'lock_lost') {
    await store.discard(staging);
    return;
  }
  await recorder.flush();

  const tooLong = end.kind === 'aborted' && !signal.aborted;
  const outcome = tooLong ? expired(stored.job, 'run', attempt) : outcomeOf(end, attempt, staging, await crashesOf(events, id));
  if (end.kind === 'crashed') {
    await recorder.attemptFailed({ attempt, error: crashError(end, 1), will_retry: outcome === undefined });
  }
  if (outcome) {
    if (outcome.status === 'succeeded') await store.seal(staging);
    await settle(store, id, outcome);
    await conclude(store, events, id);
    return;
  }
  await store.discard(staging);
  await tryAgain(store, events, recorder, id, end, attempt);
}

/** How the job ends by this attempt; undefined where another shall follow. */
function outcomeOf(end: ChildEnd<'train'>, attempt: number, staging: Staging, earlierCrashes: number): JobOutcome | undefined {
  const at = new Date().toISOString();
  if (end.kind === 'done') return { status: 'succeeded', at, attempt, staging: staging.name, ...end.result };
  if (end.kind === 'failed') return { status: 'failed', at, attempt, error: end.error };
  if (end.kind === 'crashed' && earlierCrashes + 1 >= MOST_CRASHES) {
    return { status: 'failed', at, attempt, error: crashError(end, MOST_CRASHES) };
  }
  return undefined;
}

async function tryAgain(
  store: Store,
  events: EventLog,
  recorder: AttemptRecorder,
  id: string,
  end: ChildEnd<'train'>,
  attempt: number,
): Promise<void> {
  if (end.kind === 'crashed') {
    await recorder.putBack(`attempt ${attempt} crashed (${end.how})`);
    throw new TryAgain(FIRST_RETRY_AFTER_MS * 2 ** (attempt - 1));
  }
  // Aborted: cancelled (the outcome stands already), or this worker is closing and another shall take the job.
  if (await conclude(store, events, id)) return;
  await recorder.putBack('its worker was closed');
  throw new TryAgain(0);
}

const crashError = (end: { how: string }, attempts: number) => ServiceError.of('CHILD_CRASHED', end.how, attempts).toRecord();

const crashesOf = async (events: EventLog, id: string): Promise<number> =>
  (await events.read(id)).filter((event) => event.type === 'job.attempt_failed').length;

/** The next attempt number; of two workers that reach for it one gets it. */
async function takeFence(store: Store, id: string, worker: string): Promise<number> {
  const taken = await store.list(attemptsPrefix(id));
  for (let attempt = taken.length + 1; ; attempt += 1) {
    if (await writeRecordOnce(store, attemptFence(attempt), id, { worker, at: new Date().toISOString() })) return attempt;
  }
}

/** What the child needs; or the failure of a job whose data set or base has gone, which no other attempt would find again. */
async function taskOf(store: Store, job: AcceptedJob, staging: Staging): Promise<TrainTask | Failure> {
  try {
    const base = job.spec.base_model === null ? null : await getModel(store, job.spec.base_model);
    await getDataset(store, job.spec.dataset);
    return {
      task: 'train',
      job,
      datasetFolder: await packedFolder(store, job.spec.dataset),
      base: base === null ? null : { folder: await store.localFolder(modelPrefix(base.id)), model: base },
      outFolder: staging.path,
    };
  } catch (problem) {
    if (problem instanceof ServiceError && problem.status === 404) return { kind: 'failed', error: problem.toRecord() };
    throw problem;
  }
}

type Failure = Extract<ChildEnd<'train'>, { kind: 'failed' }>;
const isFailure = (task: TrainTask | Failure): task is Failure => 'kind' in task;
