// Features of pictures, computed by the service's engine and by Keras's predict: MobileNetV2 (0.35) of 224 px, in turns, each in a process of its own
// at the number of threads and the batch that suit it best.
import { loadavg } from 'node:os';
import { ask } from '../training/measure.mjs';
import { median } from '../training/report.mjs';

/** @typedef {{ threads: number, batch?: number }} Settings */
/** @typedef {{ examples: number, seconds: number }} Asked seconds: least time of the timed passes */
const SIDE = 224;
const THREADS = [1, 2];
/** The first is what predict takes unless told. */
const BATCHES = [32, 64, 128];
/** Times as fast as predict. */
const BAR = 1;

/** @type {Record<string, { choices: Settings[], speed: (settings: Settings, asked: Asked) => Promise<number> }>} */
const PROGRAMS = {
  rootstock: {
    choices: THREADS.map((threads) => ({ threads })),
    speed: async (settings, asked) => (await ask('node', '../features/program.mjs', { ...settings, ...asked, side: SIDE })).examples_per_second,
  },
  'keras-predict': {
    choices: THREADS.flatMap((threads) => BATCHES.map((batch) => ({ threads, batch }))),
    speed: async (settings, asked) => (await ask('tensorflow', 'peers/keras_predict.py', { ...settings, ...asked, side: SIDE })).examples_per_second,
  },
};

/**
 * @param {Asked & { rounds: number, say: (line: string) => void }} options
 * @returns medians of examples a second, and how many times as fast as Keras's the service's are
 */
export async function measureExtraction({ rounds, examples, seconds, say }) {
  /** @type {Record<string, { settings: Settings, speeds: number[] }>} */ const chosen = {};
  for (const [name, { choices, speed }] of Object.entries(PROGRAMS)) {
    const looks = [];
    for (const settings of choices) looks.push({ settings, speed: await speed(settings, { examples, seconds: seconds / 2 }) });
    const best = looks.reduce((one, other) => (other.speed > one.speed ? other : one));
    say(`${name}: ${looks.map((look) => `${JSON.stringify(look.settings)} ${look.speed.toFixed(0)}`).join(', ')}`);
    chosen[name] = { settings: best.settings, speeds: [] };
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { settings, speeds }] of Object.entries(chosen)) speeds.push((await PROGRAMS[name]?.speed(settings, { examples, seconds })) ?? NaN);
  }
  const rows = Object.entries(chosen).map(([program, { settings, speeds }]) => ({ program, ...settings, examples_per_second: median(speeds), speeds }));
  const [own, keras] = rows;
  const ratio = (own?.examples_per_second ?? NaN) / (keras?.examples_per_second ?? NaN);
  say(`features of ${SIDE} px: ${rows.map((row) => `${row.program} ${row.examples_per_second.toFixed(0)} pictures a second`).join(', ')}: ${ratio.toFixed(2)} times as fast (bar: ${BAR}), load ${loadavg()[0]?.toFixed(1)}`);
  return { side: SIDE, examples, rows, ratio };
}
