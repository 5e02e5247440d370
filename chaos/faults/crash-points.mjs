// F26 and F27: the commit path dies at, or is refused, each of its system calls in turn.
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Program, startQueueServer, storeWithDataset } from '../bare-rooms.mjs';
import { bundleProblems } from '../checker.mjs';
import { openRooms } from '../programs/rooms.mjs';
import { Random } from '../random.mjs';
import { attachTracer, callsIn } from '../tracer.mjs';
import { LAST_EVENTS } from '../../dist/contract/event.js';
import { findDataset } from '../../dist/datasets/registry.js';
import { findJob } from '../../dist/jobs/query.js';
import { Reconciler } from '../../dist/jobs/reconcile.js';

/** @typedef {import('../rig.mjs').Rig} Rig */
/** @typedef {{ call: string, nth: number, inject: string }} Point */
/** What the rounds of a campaign share. @typedef {{ socketPath: string, template: string, dataset: string, points: Point[] }} Bench */

const CALLS = ['openat', 'write', 'pwrite64', 'fsync', 'rename', 'link', 'unlink', 'mkdir', 'ftruncate', 'rmdir'];
const ERRORS = /** @type {const} */ ({
  openat: ['EMFILE', 'ENOSPC', 'EROFS'], write: ['ENOSPC', 'EIO'], pwrite64: ['ENOSPC', 'EIO'], fsync: ['EIO', 'ENOSPC'], rename: ['ENOSPC', 'EROFS'],
  link: ['ENOSPC', 'EMLINK'], mkdir: ['ENOSPC', 'EROFS'], unlink: ['EROFS', 'EIO'], ftruncate: ['EIO'], rmdir: ['EROFS'],
});

const run = promisify(execFile);
const cannot = () => run('strace', ['--version']).then(() => undefined, () => 'there is no strace');

/** @type {import('./fault.mjs').Fault} */
export const crashPoints = {
  id: 'F26',
  what: 'SIGKILL at each system call by which data sets, jobs and bundles are accepted, queued, published and removed',
  holds: 'after the next start each record is the old or the new one, what was told is there, nothing is left over',
  times: Infinity, // until there is no further point
  timesProduction: 0,
  cannot,
  round: (rig) => strikeOnePoint(rig, (calls) => calls.map(({ call, nth }) => ({ call, nth, inject: `${call}:signal=SIGKILL:when=${nth}` }))),
};

/** @type {import('./fault.mjs').Fault} */
export const refusedCalls = {
  id: 'F27',
  what: 'each of these system calls fails once, with ENOSPC, EIO, EROFS or EMFILE',
  holds: 'the failure is told, the program goes on to its end, and after the next start all is as in F26',
  times: Infinity, // until there is no further point
  timesProduction: 0,
  cannot,
  round: (rig) =>
    strikeOnePoint(rig, (calls) =>
      calls.flatMap(({ call, nth }) =>
        ERRORS[/** @type {keyof typeof ERRORS} */ (call)].map((error) => ({ call, nth, inject: `${call}:error=${error}:when=${nth}` })),
      ),
    ),
};

/** Of each campaign. @type {WeakMap<Rig, Bench>} */
const benches = new WeakMap();

/** @param {Rig} rig @param {(calls: { call: string, nth: number }[]) => Point[]} pointsOf */
async function strikeOnePoint(rig, pointsOf) {
  const bench = benches.get(rig) ?? (await prepare(rig, pointsOf));
  benches.set(rig, bench);
  const point = bench.points[rig.round ?? 0];
  if (!point) {
    rig.finished = true;
    return;
  }
  const folder = join(rig.folder, `point-${rig.round}`);
  await cp(bench.template, folder, { recursive: true });
  const { program, trace } = await goOnce(rig, bench, folder, point.inject);
  const struck = trace.find((line) => line.includes('(INJECTED)') || line.includes('+++ killed by SIGKILL'));
  // The runtime's own calls are not the commit path: it wakes its event loop by writing to a file that is none.
  const ours = trace.some((line) => line.includes(folder) && (line.includes('(INJECTED)') || line.includes('<unfinished') || line.includes('= ?')));
  rig.strike(point.inject, { struck, ours });
  const end = program.child.signalCode ?? program.child.exitCode;
  if (ours && end !== 0 && !(end === 'SIGKILL' && point.inject.includes('SIGKILL'))) {
    rig.found('other', `${point.inject}: the program ended with ${end}: ${program.stderr.slice(-500)}`);
  }
  const before = rig.findings.length;
  await checkStore(rig, bench, folder, point, program.told);
  if (rig.findings.length === before) await rm(folder, { recursive: true, force: true });
}

/** Queue server, a store to copy, and every point there is, in an order drawn by the seed. @param {Rig} rig @param {(calls: { call: string, nth: number }[]) => Point[]} pointsOf @returns {Promise<Bench>} */
async function prepare(rig, pointsOf) {
  const socketPath = await startQueueServer(rig);
  const template = join(rig.folder, 'template');
  const bench = { socketPath, template, dataset: await storeWithDataset(template), points: /** @type {Point[]} */ ([]) };
  const folder = join(rig.folder, 'undisturbed');
  await cp(template, folder, { recursive: true });
  const { program, trace } = await goOnce(rig, bench, folder);
  const steps = program.told.filter(({ step }) => step !== undefined).length;
  if (steps !== 7) throw new Error(`undisturbed, the commit path made ${steps} steps: ${JSON.stringify(program.told)} ${program.stderr}`);
  await checkStore(rig, bench, folder, { call: 'none', nth: 0, inject: 'undisturbed' }, program.told);
  bench.points = shuffled(pointsOf(callsIn(trace, folder)), new Random(rig.seed, rig.fault.id, 'points'));
  rig.note(`${bench.points.length} points`);
  return bench;
}

/** @template T @param {T[]} list @param {Random} random */
function shuffled(list, random) {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = random.whole(0, at);
    [list[at], list[other]] = [list[other], list[at]];
  }
  return list;
}

/** One way through the commit path on a store of its own. @param {Rig} rig @param {Bench} bench @param {string} folder @param {string} [inject] */
async function goOnce(rig, { socketPath, dataset }, folder, inject) {
  const program = new Program(rig, 'commit-path', [folder, socketPath, dataset]);
  await program.hears(({ ready }) => ready === true);
  const tracer = await attachTracer(rig, program.pid, CALLS, join(rig.folder, 'trace'), inject);
  program.say('go');
  await program.ended;
  return { program, trace: await tracer.lines() };
}

/** The next start of the service, then everything that must hold. @param {Rig} rig @param {Bench} bench @param {string} folder @param {Point} point @param {any[]} told */
async function checkStore(rig, { socketPath, dataset }, folder, { inject }, told) {
  const rooms = await openRooms(folder, socketPath);
  const { store, queue, events } = rooms;
  const found = (/** @type {import('../rig.mjs').Kind} */ kind, /** @type {string} */ text) => rig.found(kind, `${inject}: ${text}`);
  try {
    await new Reconciler({ store, queue, events }).look(true);
    const done = (/** @type {string} */ step) => told.filter((line) => line.step === step).map(({ id }) => id);
    const removed = [...done('job removed'), ...done('dataset removed')];

    for (const id of [dataset, ...done('dataset accepted')]) {
      if (!removed.includes(id) && !(await findDataset(store, id)) && id === dataset) found('lost', `data set ${id} is gone`);
    }
    for (const id of await store.list('datasets')) if (!(await findDataset(store, id))) found('other', `datasets/${id} is no data set`);
    const jobs = await store.list('jobs');
    for (const id of done('job accepted')) if (!jobs.includes(id) && !done('job cancelled').includes(id)) found('lost', `${id} was accepted and is gone`);
    for (const id of removed) if (jobs.includes(id)) found('duplicated', `${id} is there though it was removed`);
    for (const id of jobs) await checkOneJob(id);
    for (const id of done('bundle published')) if ((await findJob(store, id))?.status !== 'succeeded') found('lost', `${id} was published`);
    for (const place of ['staging', 'tmp']) {
      const names = await readdir(join(folder, place));
      if (names.length > 0) found('other', `${place}/ holds ${names.join(', ')}`);
    }
  } finally {
    await rooms.close();
  }

  /** @param {string} id */
  async function checkOneJob(id) {
    const stored = await findJob(store, id);
    if (!stored) return found('other', `jobs/${id} is no job`);
    const bundle = join(folder, 'models', stored.job.model ?? id);
    const manifest = await readFile(join(bundle, 'manifest.json'), 'utf8').then(JSON.parse, () => undefined);
    const ends = (await events.read(id)).filter(({ type }) => LAST_EVENTS.includes(type));
    if (stored.outcome === undefined) {
      if (manifest) found('duplicated', `${id} has a bundle and no outcome`);
      if (!(await queue.holds('train', id))) found('lost', `${id} has no outcome and is not in the queue`);
      return undefined;
    }
    if (ends.length !== 1) found('duplicated', `${id} has ${ends.length} last events`);
    if (stored.status !== stored.outcome.status) found('lost', `${id} is ${stored.status}, decided was ${stored.outcome.status}`);
    if (stored.outcome.status !== 'succeeded') return manifest && found('duplicated', `${id} is ${stored.status} and has a bundle`);
    if (!manifest) return found('lost', `${id} succeeded and has no bundle`);
    for (const problem of await bundleProblems(bundle, manifest)) found('digest_mismatches', `${id}: ${problem}`);
  }
}
