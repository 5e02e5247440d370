// F7: two attempts at one job reach their commit at the same moment.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program, startQueueServer, storeWithDataset } from '../bare-rooms.mjs';
import { bundleProblems } from '../checker.mjs';
import { MAKER_FILE } from '../programs/attempt.mjs';
import { openRooms } from '../programs/rooms.mjs';
import { findJob } from '../../dist/jobs/query.js';
import { submitJob } from '../../dist/jobs/submit.js';
import { drawnInstant } from '../until.mjs';

const RACES = 50;

/** @type {import('./fault.mjs').Fault} */
export const publishRace = {
  id: 'F7',
  what: 'two processes stage a bundle of the same job each, then settle and publish at the same moment',
  holds: 'one outcome, one whole bundle, made by the attempt that the outcome names; one last event; the other leaves nothing',
  times: 500,
  timesProduction: 0,
  async round(rig) {
    const folder = join(rig.folder, `races-${rig.round}`);
    const dataset = await storeWithDataset(folder);
    const socketPath = await startQueueServer(rig);
    const rooms = await openRooms(folder, socketPath);
    const racers = [1, 2].map(() => new Program(rig, 'racer', [folder, socketPath]));
    try {
      for (const racer of racers) await racer.hears(({ ready }) => ready === true);
      for (let races = Math.min(RACES, rig.left ?? RACES); races > 0; races -= 1) await race(rig, rooms, folder, dataset, racers);
    } finally {
      for (const racer of racers) racer.child.stdin.end();
      await rooms.close();
    }
  },
};

/** @param {import('../rig.mjs').Rig} rig @param {import('../programs/rooms.mjs').Rooms} rooms @param {string} folder @param {string} dataset @param {Program[]} racers */
async function race(rig, rooms, folder, dataset, racers) {
  const { job: { id } } = await submitJob(rooms, { type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1 } });
  for (const [at, racer] of racers.entries()) {
    racer.say(`${id} ${at + 1}`);
    await racer.hears(({ staged }) => staged === id);
  }
  rig.strike('a race', { id });
  const [first, second] = rig.random.pick([[0, 1], [1, 0]]);
  racers[first].say('go');
  await drawnInstant(rig.random.pick([0, 0.001, 0.003, 0.01]));
  racers[second].say('go');
  for (const racer of racers) await racer.hears(({ done }) => done === id);

  const stored = await findJob(rooms.store, id);
  const outcome = stored?.outcome;
  if (stored?.status !== 'succeeded' || outcome?.status !== 'succeeded') return rig.found('lost', `${id} is ${stored?.status} after the race`);
  const bundle = join(folder, 'models', stored.job.model ?? id);
  const manifest = await readFile(join(bundle, 'manifest.json'), 'utf8').then(JSON.parse, () => undefined);
  if (!manifest) return rig.found('lost', `${id} succeeded and has no bundle`);
  for (const problem of await bundleProblems(bundle, manifest)) rig.found('digest_mismatches', `${id}: ${problem}`);
  const maker = JSON.parse(await readFile(join(bundle, MAKER_FILE), 'utf8')).attempt;
  if (maker !== outcome.attempt) rig.found('duplicated', `${id}: attempt ${outcome.attempt} won, the bundle is of attempt ${maker}`);
  const ends = (await rooms.events.read(id)).filter(({ type }) => type === 'job.succeeded').length;
  if (ends !== 1) rig.found('duplicated', `${id} has ${ends} last events`);
  const staged = await rooms.store.listStaged();
  if (staged.length > 0) rig.found('other', `staging/ holds ${staged.join(', ')}`);
}
