// How many steps a call takes: whole reports, doubled or halved towards the time a call may last. The bytes do not depend on it.
import { STEPS_PER_REPORT } from './reports.js';
import { MOST_STEPS_PER_CALL } from './steps.js';

/** A call into TensorFlow blocks this process; about this long it may, so that cancel and heartbeat stay prompt. */
const CALL_SECONDS = 0.25;

export class CallSize {
  private steps = STEPS_PER_REPORT;

  /** The rows of a window after the other, as many at a time as a call takes by then, for so many steps at most. */
  async *calls(windows: AsyncIterable<Uint32Array>, batchSize: number, mostSteps: number): AsyncGenerator<Uint32Array> {
    let left = mostSteps;
    if (left <= 0) return;
    for await (const order of windows) {
      for (let start = 0; start < order.length; ) {
        const rows = order.subarray(start, start + Math.min(this.steps, left) * batchSize);
        start += rows.length;
        left -= Math.ceil(rows.length / batchSize);
        yield rows;
        if (left <= 0) return;
      }
    }
  }

  timed<T>(call: () => T): T {
    const startMs = performance.now();
    const result = call();
    const seconds = (performance.now() - startMs) / 1000;
    if (seconds < CALL_SECONDS / 2 && this.steps * 2 <= MOST_STEPS_PER_CALL) this.steps *= 2;
    else if (seconds > CALL_SECONDS * 2 && this.steps > STEPS_PER_REPORT) this.steps /= 2;
    return result;
  }
}
