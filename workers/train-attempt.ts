// One attempt of one job, seen from the worker: fence, child, outcome. Resolves when the job is off this worker's hands.
import type { Logger } from 'pino';
import type { EventLog } from '#events/event-log.js';
import { ServiceError } from '#contract/errors.js';
import { plansOf } from '#contract/plans.js';
import { mostStepsOf } from '#contract/training-specs.js';
import { getDataset, packedFolder } from '#datasets/registry.js';
import { checkpointFolders } from '#jobs/checkpoints.js';
import { findJob, wantedOf } from '#jobs/query.js';
import { expired, limitPassed, runLimit, workedMs } from '#jobs/limits.js';
import { predictionsPrefix, tellsOfExamples } from '#jobs/prediction-files.js';
import { attemptFence, attemptsPrefix, JOB_OUTCOME, type AcceptedJob, type JobOutcome, type Origin } from '#jobs/records.js';
import { park } from '#jobs/control.js';
import { waitsForOthers } from '#jobs/needs.js';
import { requireReady } from '#jobs/resolve.js';
import { conclude, settle } from '#jobs/settle.js';
import { traceFields } from '#logs/trace-context.js';
import { TryAgain, type Held, type InterruptReason } from '#queue/queue.js';
import { readRecord, writeRecordOnce } from '#store/records.js';
import type { Staging, Store } from '#store/store.js';
import { faultPoint } from '#fault-points';
import { AttemptLog } from './attempt-log.js';
import { AttemptRecorder } from './attempt-recorder.js';
import { abandonedStagings, releaseStaging, stageAttempt, withStaging } from './attempt-staging.js';
import type { ChildWatch } from './child-watch.js';
import { CheckpointPublisher } from './checkpoint-publisher.js';
import { EXIT_CLASSES } from './exit-class.js';
import type { TrainTask } from './protocol.js';
import { measuredBy, sourcesOf } from './train-base.js';
import { watchRequests } from './request-watch.js';
import { attemptsInVain, endedAttempts, reasonToGiveUp, waitAfterDrainMs, waitMs } from './retries.js';
import type { ChildEnd, Limits } from './supervisor.js';
import type { WarmChildren } from './warm-children.js';

export interface WorkerRooms {
  store: Store;
  events: EventLog;
  children: Pick<WarmChildren, 'train'>;
  log: Logger;
  limits: Limits;
  /** Wait before an attempt that died is made again. In seconds. */
  retrySeconds: number;
  /** Least time between two checkpoints. */
  checkpointSeconds: number;
  /** Where features are kept for other jobs, and how many bytes of them. */
  features: { folder: string; mostBytes: number };
  /** Told of the children at work; nobody but in a worker process. */
  childWatch?: ChildWatch;
  /** Name of this worker in fences. */
  worker: string;
}

/** How long until it is looked again whether what a job needs has been made again. */
const WAITS_FOR_OTHERS_MS = 1_000;

/** @throws TryAgain where another attempt shall follow */
export async function attemptJob(rooms: WorkerRooms, id: string, signal: AbortSignal, held: Held): Promise<void> {
  const { store, events } = rooms;
  const stored = await findJob(store, id);
  if (!stored) return; // deleted while it waited
  if (stored.outcome) {
    await conclude(store, events, id);
    return;
  }
  // One that is set aside already was queued once more by somebody who saw it a moment before.
  if (stored.request === 'pause') return stored.status === 'paused' ? undefined : park(store, events, id);
  const passed = limitPassed(stored.job, stored.state, Date.now());
  if (passed) {
    await settle(store, id, expired(stored.job, passed, stored.state.attempt));
    await conclude(store, events, id);
    return;
  }
  if (await waitsForOthers(store, stored.job)) throw new TryAgain(WAITS_FOR_OTHERS_MS);
  const nowMs = Date.now();
  const limit = runLimit(stored.job, stored.state, nowMs);
  const spent = { earlierMs: workedMs(stored.state, nowMs), sinceMs: nowMs };
  const attempt = await takeFence(store, id, rooms.worker);
  await faultPoint('fence.taken.fail');
  await clearAbandoned(store, id);
  const log = await AttemptLog.open(store, rooms.log.child(originFields(stored.job.origin)), id, attempt, held);
  log.say('info', `attempt ${attempt} begins`, { worker: rooms.worker });
  const checkpoints = await CheckpointPublisher.open(store, id);
  const predictions = await stageAttempt(store, id);
  try {
    const recorder = await AttemptRecorder.open(store, events, id, attempt, held, checkpoints);
    await withStaging(store, id, (staging) => makeAttempt(rooms, { job: stored.job, attempt, staging, predictions, checkpoints, recorder, log, signal, limit, held, spent }));
  } finally {
    await log.flush();
    await checkpoints.close();
    await store.discard(predictions);
    releaseStaging(predictions);
  }
}

/** Beside its job, a line says by which request and in which trace that came. */
const originFields = (origin: Origin | null) => (origin === null ? {} : { request_id: origin.request_id, ...traceFields(origin.traceparent) });

interface Attempt {
  job: AcceptedJob;
  attempt: number;
  staging: Staging;
  /** Where what the published model says of each test example is made. */
  predictions: Staging;
  checkpoints: CheckpointPublisher;
  recorder: AttemptRecorder;
  log: AttemptLog;
  signal: AbortSignal;
  /** Aborts when the job's time at work is up. */
  limit: AbortSignal;
  held: Held;
  spent: TrainTask['spent'];
}

async function makeAttempt(rooms: WorkerRooms, making: Attempt): Promise<void> {
  const { store, events } = rooms;
  const { job, attempt, staging, predictions, recorder, log, signal, limit, held } = making;
  const task = await taskOf(rooms, making);
  const end = isFailure(task) ? task : await supervised(rooms, making, task);
  // Fenced: another worker may have begun. Nothing more is written here, and nothing of what was made stays.
  if (!(await held())) return store.discard(staging);
  await recorder.flush();
  tellEnd(log, attempt, end);
  // Before the job may end: what has ended can be removed, and nothing is written of it any more.
  await log.flush();

  if (EXIT_CLASSES[end.class].again) {
    await store.discard(staging);
    // Cancelled: the outcome stands already.
    if (await conclude(store, events, job.id)) return;
    if (limit.aborted && !signal.aborted) return commitAttempt(store, events, job.id, staging, expired(job, 'run', attempt));
  }
  if (end.class === 'infrastructure') return attemptDied(rooms, making, end);
  if (end.class === 'recycled') return attemptRecycled(rooms, making, end);
  if (end.class === 'drained') return attemptDrained(store, making);
  // Before the outcome, which names the attempt whose they are. Without it nobody looks at them.
  if (end.class === 'done' && tellsOfExamples(job) && (await sealed(store, job.id, predictions))) await store.publish(predictions, predictionsPrefix(job.id, attempt));
  const at = new Date().toISOString();
  const outcome: JobOutcome =
    end.class === 'done'
      ? { status: 'succeeded', at, attempt, staging: staging.name, ...end.result }
      : { status: 'failed', at, attempt, error: end.error };
  await commitAttempt(store, events, job.id, staging, outcome);
}

async function supervised({ store, children, limits, childWatch }: WorkerRooms, { job, recorder, log, signal, limit }: Attempt, task: TrainTask): Promise<ChildEnd<'train'>> {
  let unwatch = (): void => undefined;
  const watched = childWatch?.begin(job.id, 'train');
  try {
    return await children.train(task, {
      signal: AbortSignal.any([signal, limit]),
      limits,
      onReport: (report, makeRoom) => recorder.report(report, makeRoom),
      ...(watched && { watched }),
      onLine: (line) => log.heard(line),
      onStart: (tell) => (unwatch = watchRequests(store, job.id, tell)),
    });
  } finally {
    watched?.gone();
    unwatch();
  }
}

function tellEnd(log: AttemptLog, attempt: number, end: ChildEnd<'train'>): void {
  if (end.class === 'done') return log.say('info', `attempt ${attempt} is done`);
  if (end.class === 'drained') return log.say('info', `attempt ${attempt} left off or was ended as it was told to`);
  const fields = { class: end.class, code: end.error.code };
  if (end.class === 'recycled') return log.say('warn', `attempt ${attempt} left off: ${end.error.message}`, fields);
  log.say('error', `attempt ${attempt} ended: ${end.error.message}`, fields);
}

/**
 * Ends the job by what this attempt came to, unless that is decided already, or a later attempt has begun, which then decides.
 * Of attempts that come here at once exactly one is published; nothing stays of the others.
 */
export async function commitAttempt(store: Store, events: EventLog, id: string, staging: Staging, outcome: JobOutcome): Promise<void> {
  const isNewest = async (): Promise<boolean> => (await attemptsOf(store, id)) === outcome.attempt;
  if (!(await isNewest())) return store.discard(staging);
  if (outcome.status === 'succeeded' && !(await sealed(store, id, staging))) return;
  const stands = await settle(store, id, outcome);
  if (stands.status !== 'succeeded' || stands.staging !== staging.name) await store.discard(staging);
  // The log has one writer: the newest attempt, once it comes here, makes true whichever outcome stands.
  if (await isNewest()) await conclude(store, events, id);
}

/** False where whoever decided the job meanwhile has cleared this staging away. */
const sealed = (store: Store, id: string, staging: Staging): Promise<boolean> =>
  store.seal(staging).then(
    () => true,
    async (problem: unknown) => {
      if (await readRecord(store, JOB_OUTCOME, id)) return false;
      throw problem;
    },
  );

async function attemptDied(
  { store, events, retrySeconds }: WorkerRooms,
  { job, attempt, staging, recorder }: Attempt,
  { error }: Extract<ChildEnd<'train'>, { class: 'infrastructure' }>,
): Promise<void> {
  const inVain = attemptsInVain(endedAttempts(await events.read(job.id), (saved) => ({ step: recorder.step, saved })));
  const reason = reasonToGiveUp(error, inVain);
  await recorder.attemptFailed({ attempt, error, step: recorder.step, will_retry: reason === undefined });
  if (reason) {
    const outcome: JobOutcome = { status: 'failed', at: new Date().toISOString(), attempt, error: reason };
    return commitAttempt(store, events, job.id, staging, outcome);
  }
  await recorder.putBack(`attempt ${attempt} failed: ${error.message}`);
  throw new TryAgain(waitMs(inVain, retrySeconds));
}

async function attemptDrained(store: Store, { job, recorder, signal }: Attempt): Promise<void> {
  if ((await wantedOf(store, job.id)) === 'pause') return recorder.park();
  const closing = (signal.reason as InterruptReason | undefined) === 'closing';
  await recorder.putBack(closing ? 'its worker was closed' : 'its process was told to end');
  throw new TryAgain(waitAfterDrainMs(closing));
}

/** Not counted as a failure as long as it got further than those before: a checkpoint alone, which it always leaves, would have it go on for ever. */
async function attemptRecycled(
  { store, events, limits }: WorkerRooms,
  { job, attempt, staging, recorder }: Attempt,
  { error, heldBytes }: Extract<ChildEnd<'train'>, { class: 'recycled' }>,
): Promise<void> {
  if ((await wantedOf(store, job.id)) === 'pause') return recorder.park();
  const { step } = recorder;
  const reason = reasonToGiveUp(error, attemptsInVain(endedAttempts(await events.read(job.id), () => ({ step, saved: false }))));
  if (reason) {
    await recorder.attemptFailed({ attempt, error, step, will_retry: false });
    return commitAttempt(store, events, job.id, staging, { status: 'failed', at: new Date().toISOString(), attempt, error: reason });
  }
  await recorder.recycled({ attempt, step, held_bytes: heldBytes, limit_bytes: limits.memoryBytes });
  await recorder.putBack('its process had grown: a fresh one goes on');
  throw new TryAgain(0);
}

const attemptsOf = async (store: Store, id: string): Promise<number> =>
  Math.max(0, ...(await store.list(attemptsPrefix(id))).map(Number));

/** The next attempt number; of two workers that reach for it one gets it. */
async function takeFence(store: Store, id: string, worker: string): Promise<number> {
  for (let attempt = (await attemptsOf(store, id)) + 1; ; attempt += 1) {
    if (await writeRecordOnce(store, attemptFence(attempt), id, { worker, at: new Date().toISOString() })) return attempt;
  }
}

/** What dead attempts left goes, unless one of them had decided the job before it died. */
async function clearAbandoned(store: Store, id: string): Promise<void> {
  const abandoned = await abandonedStagings(store, id);
  if (await readRecord(store, JOB_OUTCOME, id)) return;
  for (const staging of abandoned) await store.discard(staging);
}

/** What the child needs; or the failure of a job whose data set or base has gone, which no other attempt would find again. */
async function taskOf({ store, events, checkpointSeconds, features }: WorkerRooms, { job, attempt, staging, predictions, checkpoints, spent }: Attempt): Promise<TrainTask | Failure> {
  try {
    const plans = await sourcesOf(store, job);
    const measured = await measuredBy(store, job);
    return {
      task: 'train',
      job,
      datasetFolder: await folderOf(store, job.spec.dataset),
      plans,
      measured,
      outFolder: staging.path,
      predictionsFolder: predictions.path,
      attempt,
      checkpoints: await checkpointFolders(store, job.id),
      mayStartOver: await littleWasDone(events, job),
      checkpointFolder: checkpoints.folder,
      checkpointSeconds,
      features,
      spent,
    };
  } catch (problem) {
    if (problem instanceof ServiceError && (problem.status === 404 || problem.code === 'DATASET_NOT_READY' || problem.code === 'MODEL_NOT_READY')) return { class: 'user_error', error: problem.toRecord() };
    throw problem;
  }
}

/** @throws DATASET_NOT_FOUND, DATASET_NOT_READY */
async function folderOf(store: Store, dataset: string | null): Promise<string | null> {
  if (dataset === null) return null;
  requireReady(await getDataset(store, dataset));
  return packedFolder(store, dataset);
}

/** Of all steps this part may be lost without asking. */
const LITTLE = 0.1;

async function littleWasDone(events: EventLog, { id, spec }: AcceptedJob): Promise<boolean> {
  const steps = plansOf(spec).reduce((sum, plan) => sum + plan.runs.length * mostStepsOf(plan), 0);
  const told = (await events.read(id)).flatMap((event) => (event.type === 'job.attempt_failed' || event.type === 'job.checkpoint' ? [event.data.step] : []));
  return Math.max(0, ...told) <= LITTLE * steps;
}

type Failure = Extract<ChildEnd<'train'>, { class: 'user_error' | 'data_error' | 'service_error' }>;
const isFailure = (task: TrainTask | Failure): task is Failure => 'class' in task;
