// All rounds of one fault: strike, check, count. A round that found something ends its service; the next starts on a fresh one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './checker.mjs';
import { crowd, Lost, Rig } from './rig.mjs';
import { until } from './until.mjs';

/** @typedef {import('./faults/fault.mjs').Fault} Fault */
/** @typedef {'short' | 'production'} Timers */
/**
 * What one round found.
 * @typedef {{ round: number, tried: number, worst_recovery_seconds: number, finished: boolean, findings: import('./rig.mjs').Finding[], notes: string[], kept: string | null }} Round
 */

/** A fault may find its moment gone, as when a job ends before the blow: so many rounds are made at most. */
const MOST_ROUNDS = (/** @type {number} */ times) => 3 * times + 3;

/** After so many rounds that found something the fault is given up: what is broken is known by then. */
const MOST_BROKEN_ROUNDS = 5;
const SOAK_MINUTES = 30;

/** The one that is open; there is one at a time. @type {Rig | undefined} */
let rig;

/** Ends the campaign that runs, by force, with all it started. */
export const closeCampaign = async () => rig?.close();

/**
 * Runs rounds until as many faults as asked for have struck.
 * @param {Fault} fault
 * @param {{ seed: number, times: number, timers: Timers, minutes?: number, done?: readonly Round[], onRound: (round: Round) => void }} options
 *   `minutes`: of the soak; `done`: rounds that an earlier run of the same seed has made
 */
export async function runCampaign(fault, { seed, times, timers, minutes: soakMinutes = SOAK_MINUTES, done = [], onRound }) {
  let tried = done.reduce((sum, round) => sum + round.tried, 0);
  let broken = done.filter(({ findings }) => findings.length > 0).length;
  try {
    for (let round = done.length; !done.at(-1)?.finished && tried < times && broken < MOST_BROKEN_ROUNDS && round < MOST_ROUNDS(times); round += 1) {
      rig ??= new Rig({ folder: await mkdtemp(join(tmpdir(), `rootstock-chaos-${fault.id}-`)), seed, fault, timers, soakMinutes });
      const result = await runRound(rig, round, times - tried);
      tried += result.tried;
      onRound(result);
      if (rig.finished) break;
      if (result.findings.length === 0) continue;
      broken += 1;
      await rig.close();
      rig = undefined; // its folder is kept, to be looked at
    }
    if (rig) await closeWell(rig, onRound);
  } finally {
    await closeCampaign();
    rig = undefined;
  }
}

/** @param {Rig} rig @param {number} round @param {number} left @returns {Promise<Round>} */
async function runRound(rig, round, left) {
  rig.begin(round, left);
  try {
    await until('the round ends', ended(rig.fault.round(rig)), (rig.fault.roundWithinSeconds ?? 300) * crowd());
    await check(rig);
  } catch (problem) {
    rig.found(problem instanceof Lost ? 'lost' : 'other', problem instanceof Error ? problem.message : String(problem));
  }
  return resultOf(rig);
}

/** @param {Rig} rig @returns {Round} */
const resultOf = ({ round = 0, tried, worstRecoverySeconds, finished, findings, notes, folder }) => ({
  round,
  tried,
  worst_recovery_seconds: Math.round(worstRecoverySeconds * 10) / 10,
  finished,
  findings,
  notes,
  kept: findings.length > 0 ? folder : null,
});

/** As a condition: true once the work has ended, and what it threw. @param {Promise<void>} work @returns {() => boolean} */
function ended(work) {
  /** @type {{ error?: unknown } | undefined} */
  let end;
  work.then(
    () => (end = {}),
    (/** @type {unknown} */ error) => (end = { error }),
  );
  return () => {
    if (end && 'error' in end) throw end.error;
    return end !== undefined;
  };
}

/** After the last round the service ends in good order, and then nothing of it may be left. @param {Rig} rig @param {(round: Round) => void} onRound */
async function closeWell(rig, onRound) {
  const last = rig.round ?? 0;
  const service = rig.started;
  if (service?.runs) {
    rig.begin(last, 0);
    const end = await service.stop();
    if (end !== 0) rig.found('other', `the service ended with ${end} when it was told to end`);
    for (const { pid, command } of await service.orphans()) rig.found('orphans', `process ${pid} outlived the service: ${command.slice(0, 80)}`);
    if (rig.findings.length > 0) return onRound(resultOf(rig));
  }
  await rig.close();
  await rm(rig.folder, { recursive: true, force: true });
}
