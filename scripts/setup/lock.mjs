// One set-up at a time for each cache, by a lock the kernel lets go of however its holder ends.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { say } from './progress.mjs';

// Node has no flock. Such a lock belongs to the open file, not to the process: python3 sets it on our descriptor and leaves.
const setLock = `
import fcntl
try:
    fcntl.flock(3, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print('busy', flush=True)
    fcntl.flock(3, fcntl.LOCK_EX)
`;

/** @type {number | null} */
let held = null;

/** The descriptor that carries the lock, for children that must keep it; null while none is held. */
export function lockDescriptor() {
  return held;
}

/**
 * @template T
 * @param {string} cache
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(cache, work) {
  const descriptor = openSync(join(cache, 'lock'), 'a', 0o600);
  try {
    await lock(descriptor);
    held = descriptor;
    return await work();
  } finally {
    held = null;
    closeSync(descriptor);
  }
}

/** @param {number} descriptor */
async function lock(descriptor) {
  const python = spawn('python3', ['-c', setLock], { stdio: ['ignore', 'pipe', 'inherit', descriptor] });
  python.stdout?.once('data', () => say('another set-up is at work; waiting for it'));
  const status = await new Promise((resolve) => python.once('error', resolve).once('close', resolve));
  if (status !== 0) throw new SetupFailure(`the cache could not be locked for this set-up: python3 ended with ${status}.`);
}
