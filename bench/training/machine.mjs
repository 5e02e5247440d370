// What else a sitting of the training bench measures: the machine, its SGEMM ceiling, and how long recording takes.
import { cpus, totalmem } from 'node:os';
import { ask } from './measure.mjs';
import { median } from './report.mjs';
import { CAPTURES, OURS, PROGRAMS } from './rows.mjs';

const CAPTURE_TRIES = 3;

export const machine = () =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;

/** With our engine, as the service has it. @returns {Promise<import('./report.mjs').Sitting['ceiling']>} */
export async function sgemmCeiling() {
  try {
    const looks = [];
    for (const settings of PROGRAMS[OURS].settings) looks.push({ threads: settings.threads, gigaflops: (await ask('node', 'sgemm.mjs', settings)).gigaflops });
    return looks.reduce((one, other) => (other.gigaflops > one.gigaflops ? other : one));
  } catch (problem) {
    return { reason: /** @type {Error} */ (problem).message };
  }
}

/** One batch is all the data there is, so the run ends with its first step. @returns {Promise<import('./report.mjs').Sitting['captures']>} */
export async function captureTimes() {
  const times = [];
  const [{ oneDNN }] = PROGRAMS[OURS].settings;
  for (const capture of CAPTURES) {
    try {
      const seconds = [];
      const request = { program: 'rootstock-first-step', model: capture.model, optimizer: 'sgd', batch: 32, examples: 32, threads: cpus().length, oneDNN, seconds: 0 };
      for (let attempt = 0; attempt < CAPTURE_TRIES; attempt += 1) seconds.push((await ask('node', 'program.mjs', request)).seconds);
      times.push({ ...capture, seconds: median(seconds) });
    } catch (problem) {
      times.push({ ...capture, reason: /** @type {Error} */ (problem).message });
    }
  }
  return times;
}
