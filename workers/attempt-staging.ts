// The staging folder of an attempt. Its name tells who makes it, so that whoever takes the task next can clear away what a dead
// worker left, and nothing of one that is still at work.
import { makerOf, stagingOwner } from '#jobs/staging-names.js';
import { isAlive } from '#store/process-alive.js';
import type { Staging, Store } from '#store/store.js';

/** Staging folders of attempts that this process makes at the moment. */
const atWork = new Set<string>();

/** A fresh staging folder that is owned by the task, to be released when it has been published or discarded. */
export async function stageAttempt(store: Store, id: string): Promise<Staging> {
  const staging = await store.stage(stagingOwner(id));
  atWork.add(staging.name);
  return staging;
}

export const releaseStaging = ({ name }: Staging): void => void atWork.delete(name);

/** Makes what is needed in a fresh staging folder that is owned by the task. */
export async function withStaging<T>(store: Store, id: string, make: (staging: Staging) => Promise<T>): Promise<T> {
  const staging = await stageAttempt(store, id);
  try {
    return await make(staging);
  } finally {
    releaseStaging(staging);
  }
}

/** Staging folders of earlier attempts at a task, of which nobody is at work any more. Only for a task without an outcome. */
export async function abandonedStagings(store: Store, id: string): Promise<Staging[]> {
  const abandoned: Staging[] = [];
  for (const name of await store.listStaged()) {
    if (!name.startsWith(`${id}.`) || !isAbandoned(name)) continue;
    const staging = await store.staged(name);
    if (staging) abandoned.push(staging);
  }
  return abandoned;
}

function isAbandoned(name: string): boolean {
  const maker = makerOf(name);
  if (maker === undefined) return false;
  return maker === process.pid ? !atWork.has(name) : !isAlive(maker);
}
