// What a run tells, as messages. Training blocks the event loop, so each report lets messages out and in before it goes on.
import { setImmediate } from 'node:timers/promises';
import { faultPoint } from '#fault-points';
import type { EventType } from '#contract/event.js';
import type { Curves } from '#engine/curves.js';
import type { Verdict } from '#engine/fit.js';
import type { TrainedRun } from '#engine/train-run.js';
import type { RunListener } from '#engine/watch-run.js';
import type { CheckpointWriter } from './checkpoint-writer.js';
import type { Worker } from './child.js';
import { verdictOf } from './open-task.js';
import type { ProgressMeter } from './progress-meter.js';
import type { EventMessage } from './protocol.js';

/** What is done of a job. */
interface Done {
  /** Added to as they end. */
  runs: readonly TrainedRun[];
  curves: Curves;
}

/** The same with what is measured between calls. */
export type MeasuringListener = RunListener & Required<Pick<RunListener, 'onMeasured'>>;

export function listenerOf(meter: ProgressMeter, { tell, asked }: Worker, checkpoints: CheckpointWriter, { runs: finished, curves }: Done): MeasuringListener {
  /** A fresh process would have nothing to go on from. */
  let stays = false;
  /** Of what is done whole or not at all, such as features: a fresh process would begin it again. */
  const wholeVerdict = (): Verdict => (asked() === 'recycle' ? 'go' : verdictOf(asked()));
  return {
    onEvent(type, data) {
      const message = { kind: 'event', type, data } as EventMessage;
      timed(meter, type);
      tell(message);
    },
    onMetrics(points) {
      curves.add(points);
      tell({ kind: 'metrics', points });
    },
    async onSteps(run, position, taken) {
      tell({ kind: 'progress', progress: meter.advance(run, position, taken), next: taken.endsEpoch ? 'evaluating' : 'training' });
      await setImmediate();
    },
    async onFeatures() {
      await setImmediate();
      return wholeVerdict();
    },
    async onMeasured() {
      tell({ kind: 'measured', progress: meter.later() });
      await setImmediate();
      return wholeVerdict();
    },
    async onCall(run, at, save) {
      await faultPoint('train.call.fail');
      const control = asked();
      const recycles = control === 'recycle' && !stays;
      const leaving = control === 'pause' || control === 'drain' || recycles;
      if (leaving || checkpoints.isDue(at)) await checkpoints.write(run, save, finished, curves.state);
      // What was done is kept by then.
      const kept = !leaving || (await checkpoints.published());
      if (recycles && !kept) stays = true;
      return control === 'recycle' && stays ? 'go' : verdictOf(control);
    },
  };
}

/** What comes between steps is none of their time. */
function timed(meter: ProgressMeter, type: EventType): void {
  if (type === 'run.steps_ready') meter.opened();
  if (type === 'epoch.finished') meter.epochMeasured();
}
