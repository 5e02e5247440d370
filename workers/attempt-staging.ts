// The staging folder of an attempt. Its name tells who makes it, so that whoever takes the task next can clear away what a dead
// worker left, and nothing of one that is still at work.
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { isAlive } from '#store/process-alive.js';
import type { Staging, Store } from '#store/store.js';

/** Process ids of another machine, or of another container, mean nothing here. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** Staging folders of attempts that this process makes at the moment. */
const atWork = new Set<string>();

/** A fresh staging folder that is owned by the task, to be released when it has been published or discarded. */
export async function stageAttempt(store: Store, id: string): Promise<Staging> {
  const staging = await store.stage(`${id}.${HOST}.${process.pid}`);
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
  const [, host, pid] = /\.([0-9a-f]{8})\.(\d+)-[0-9a-f]+$/.exec(name) ?? [];
  if (host !== HOST) return false;
  return Number(pid) === process.pid ? !atWork.has(name) : !isAlive(Number(pid));
}
