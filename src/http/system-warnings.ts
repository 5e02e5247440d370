// What somebody who looks after the service should know now, in sentences.
import type { System, WorkerStatus } from '../contract/system.js';

export function warningsOf(queue: System['queue']['status'], workers: readonly WorkerStatus[], access: System['access']): string[] {
  const warnings = workers.flatMap(({ id, problem, idle_gpu: isIdle }) => [
    ...(problem === null ? [] : [`Worker ${id} cannot train: ${problem}`]),
    ...(isIdle === true ? [`Worker ${id} has a GPU and trains without it: "node scripts/setup.mjs --engine cuda" sets up the engine for it, then start the worker again.`] : []),
  ]);
  if (queue === 'unavailable') warnings.push('The queue server does not answer: new jobs are refused, and it is not known which workers run.');
  else if (workers.length === 0) warnings.push('No worker is running: jobs wait.');
  if (access === 'open') warnings.push('No API_KEY is set: everyone on this machine may use the service.');
  return warnings;
}
