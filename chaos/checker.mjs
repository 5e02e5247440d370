// What must hold after each round, whatever the fault: nothing lost, nothing twice, nothing torn, nothing left over.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LAST_EVENTS } from '../dist/contract/event.js';
import { isTerminal, NEXT_STATES } from '../dist/contract/job-states.js';
import { NotInTime } from './until.mjs';

/** @typedef {import('./rig.mjs').Rig} Rig */
/** @typedef {import('./jobs.mjs').AcceptedJob} AcceptedJob */

const TIDY_WITHIN_SECONDS = 20;

/** Checks the jobs of the round, then what all rounds of this service have left. @param {Rig} rig */
export async function check(rig) {
  if (!rig.started) return;
  await Promise.all(rig.jobs.accepted.map((job) => checkJob(rig, job)));
  await checkBundles(rig);
  await checkRecords(rig);
  await checkLeftOvers(rig);
}

/** @param {Rig} rig @param {AcceptedJob} job */
async function checkJob(rig, job) {
  const ended = await becomes(rig, 'lost', `${job.id} has ended`, async () => {
    const view = await rig.jobs.view(job);
    return view !== undefined && isTerminal(view.status) && view;
  });
  if (!ended) return;
  if (!job.ends.includes(ended.status)) {
    rig.found('lost', `${job.id} ${ended.status} instead of ${job.ends.join(' or ')}: ${JSON.stringify(ended.error)}`);
  }
  // The end is decided before its last event is written.
  await becomes(rig, 'other', `${job.id} has its last event`, async () => LAST_EVENTS.includes((await rig.jobs.events(job)).at(-1)?.type));
  const events = await rig.jobs.events(job);
  checkEvents(rig, job, events);
  checkResumed(rig, job, events);
  checkHistory(rig, job, ended.status_history);
  const reference = rig.jobs.referenceOf(job.request);
  if (ended.status === 'succeeded' && reference !== undefined && ended.weights_digest !== reference) {
    rig.found('digest_mismatches', `${job.id} has other weights than the uninterrupted run, after ${ended.attempt} attempts`);
  }
}

/** Numbered without a gap, one end, attempts strictly increasing. @param {Rig} rig @param {AcceptedJob} job @param {any[]} events */
function checkEvents(rig, { id }, events) {
  if (events.some((event, at) => event.id !== String(at + 1))) rig.found('other', `${id}: events are not numbered 1, 2, 3 …`);
  const ends = events.filter(({ type }) => LAST_EVENTS.includes(type)).length;
  if (ends > 1) rig.found('duplicated', `${id} ended ${ends} times`);
  const attempts = events.filter(({ type }) => type === 'job.preparing').map(({ data }) => data.attempt);
  if (attempts.some((attempt, at) => at > 0 && attempt <= attempts[at - 1])) rig.found('duplicated', `${id}: attempts ${attempts.join(', ')}`);
}

/**
 * Where a checkpoint was written, no later attempt starts over: it says where it goes on before it makes a step. The weights would
 * not tell, since an attempt that starts over ends with the same.
 * @param {Rig} rig
 * @param {AcceptedJob} job
 * @param {any[]} events
 */
function checkResumed(rig, { id, goesBack }, events) {
  let saved = 0;
  let mustResume = false;
  for (const { type, data } of events) {
    if (type === 'job.checkpoint') saved = data.step;
    // Of a copy it is not known which checkpoints it holds whole.
    if (type === 'job.queued' && data.reason === 'restored from a copy') saved = 0;
    if (type === 'job.preparing') mustResume = saved > 0;
    if (type === 'job.resumed') {
      mustResume = false;
      if (data.step < saved && !goesBack) rig.found('other', `${id} went on at step ${data.step}, before its checkpoint of step ${saved}`);
      if (!data.bit_comparable) rig.found('other', `${id} went on where its result is not comparable: ${data.differs.join(', ')}`);
    }
    if (type === 'epoch.finished' && mustResume) {
      rig.found('other', `${id} started over though it had a checkpoint of step ${saved}`);
      mustResume = false;
    }
  }
}

/** @param {Rig} rig @param {AcceptedJob} job @param {{ status: keyof typeof NEXT_STATES }[]} history */
function checkHistory(rig, { id }, history) {
  for (const [at, { status }] of history.entries()) {
    const before = history[at - 1]?.status;
    const legal = before === undefined || /** @type {readonly string[]} */ (NEXT_STATES[before]).includes(status);
    if (!legal) rig.found('other', `${id} went from ${before} to ${status}`);
  }
}

/** Exactly one whole bundle for each job that succeeded, none for any other. @param {Rig} rig */
async function checkBundles(rig) {
  const folder = join(rig.dataFolder, 'store', 'models');
  for (const name of await readdir(folder).catch(() => [])) {
    if (rig.bundles.has(name)) continue; // a bundle never changes
    const manifest = await readFile(join(folder, name, 'manifest.json'), 'utf8').then(JSON.parse, () => undefined);
    rig.bundles.set(name, manifest?.job);
    if (!manifest) rig.found('other', `models/${name} has no manifest that can be read`);
    else for (const problem of await bundleProblems(join(folder, name), manifest)) rig.found('digest_mismatches', `models/${name}: ${problem}`);
  }
  const owners = [...rig.bundles.values()];
  for (const job of rig.jobs.accepted) {
    const count = owners.filter((owner) => owner === job.id).length;
    const expected = (await rig.jobs.view(job))?.status === 'succeeded' ? 1 : 0;
    if (count > expected) rig.found('duplicated', `${job.id} has ${count} bundles instead of ${expected}`);
    if (count < expected) rig.found('lost', `${job.id} succeeded and has no bundle`);
  }
}

/**
 * Every file against the manifest, and no file besides.
 * @param {string} folder
 * @param {{ files: { name: string, size_bytes: number, sha256: string }[] }} manifest
 */
export async function bundleProblems(folder, { files }) {
  const problems = [];
  for (const { name, size_bytes, sha256 } of files) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    const whole = bytes?.length === size_bytes && createHash('sha256').update(bytes).digest('hex') === sha256;
    if (!whole) problems.push(`${name} is not what the manifest says`);
  }
  const known = new Set(['manifest.json', ...files.map(({ name }) => name)]);
  for (const name of await readdir(folder)) if (!known.has(name)) problems.push(`${name} is not in the manifest`);
  return problems;
}

/** One record for each call that was accepted, none twice. @param {Rig} rig */
async function checkRecords(rig) {
  const folder = join(rig.dataFolder, 'store', 'jobs');
  for (const id of await readdir(folder).catch(() => [])) {
    if (rig.records.has(id)) continue;
    const record = await readFile(join(folder, id, 'job.json'), 'utf8').then(JSON.parse, () => undefined);
    const operation = record?.value.metadata.operation;
    if (operation !== undefined && [...rig.records.values()].includes(operation)) rig.found('duplicated', `${operation} made another job, ${id}`);
    if (record) rig.records.set(id, operation);
  }
  for (const { id, operation } of rig.jobs.accepted) {
    if (rig.records.get(id) !== operation) rig.found('lost', `${id} was accepted and has no record`);
  }
}

/** Nothing staged, nothing temporary, no process without a service. Only where no job is at work. @param {Rig} rig */
async function checkLeftOvers(rig) {
  for (const place of ['staging', 'tmp']) {
    const names = () => readdir(join(rig.dataFolder, 'store', place));
    const tidy = await becomes(rig, 'other', `${place}/ is empty`, async () => (await names()).length === 0, TIDY_WITHIN_SECONDS);
    if (!tidy) rig.found('other', `${place}/ holds ${(await names()).join(', ')}`);
  }
  const service = rig.running;
  const gone = await becomes(rig, 'orphans', 'no orphan is left', async () => (await service.orphans()).length === 0, TIDY_WITHIN_SECONDS);
  if (!gone) for (const { pid, command } of await service.orphans()) rig.found('other', `process ${pid} is an orphan: ${command.slice(0, 80)}`);
}

/**
 * What must come to be; where it does not in time, that is found.
 * @template T
 * @param {Rig} rig
 * @param {import('./rig.mjs').Kind} kind
 * @param {string} what
 * @param {() => T | Promise<T>} condition
 * @param {number} [withinSeconds]
 */
async function becomes(rig, kind, what, condition, withinSeconds) {
  try {
    return await rig.until(what, condition, withinSeconds);
  } catch (problem) {
    if (!(problem instanceof NotInTime)) throw problem;
    rig.found(kind, problem.message);
    return undefined;
  }
}
