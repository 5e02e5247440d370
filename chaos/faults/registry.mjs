// Every fault that can be tried, in the order in which the table tries them: what is worth most first.
import { abortedUpload } from './aborted-upload.mjs';
import { backup } from './backup.mjs';
import { cancelledAnytime } from './cancelled-anytime.mjs';
import { crashPoints, refusedCalls } from './crash-points.mjs';
import { damagedCheckpoint } from './damaged-checkpoint.mjs';
import { damagedQueue } from './damaged-queue.mjs';
import { drained, drainedThenKilled } from './drained.mjs';
import { enqueueStorm } from './enqueue-storm.mjs';
import { fullQueueDisk, fullStoreBytes, fullStoreInodes } from './full-disk.mjs';
import { fullQueue } from './full-queue.mjs';
import { jumpingClock } from './jumping-clock.mjs';
import { killedTrainer } from './killed-trainer.mjs';
import { killedTree } from './killed-tree.mjs';
import { killedUpload } from './killed-upload.mjs';
import { killedWorker } from './killed-worker.mjs';
import { littleMemory } from './little-memory.mjs';
import { lostLock } from './lost-lock.mjs';
import { poisonedJob } from './poisoned-job.mjs';
import { publishRace } from './publish-race.mjs';
import { queueKilled, queueOutage } from './queue-outage.mjs';
import { repeatedKey } from './repeated-key.mjs';
import { restartedQueue } from './restarted-queue.mjs';
import { resumedFromDamage } from './resumed-from-damage.mjs';
import { secondService } from './second-service.mjs';
import { soak } from './soak.mjs';
import { stoppedTrainer } from './stopped-trainer.mjs';
import { stoppedWorker } from './stopped-worker.mjs';
import { wipedQueue } from './wiped-queue.mjs';

/** @type {readonly import('./fault.mjs').Fault[]} */
export const FAULTS = [
  killedTrainer,
  killedWorker,
  killedTree,
  wipedQueue,
  restartedQueue,
  damagedQueue,
  poisonedJob,
  secondService,
  cancelledAnytime,
  repeatedKey,
  enqueueStorm,
  lostLock,
  drained,
  drainedThenKilled,
  stoppedTrainer,
  stoppedWorker,
  queueOutage,
  queueKilled,
  publishRace,
  fullStoreBytes,
  fullQueueDisk,
  fullStoreInodes,
  fullQueue,
  damagedCheckpoint,
  resumedFromDamage,
  crashPoints,
  refusedCalls,
  abortedUpload,
  killedUpload,
  backup,
  jumpingClock,
  littleMemory,
  soak,
];
