// Whether a process of this machine is running, for locks, temporary files and staging folders that carry the id of their owner.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names this machine, or this container: the process ids of another mean nothing here. */
export const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** True while a process has this id, also one of another user; not if it has ended and nobody has taken note of that. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** In a container whose first process does not wait for orphans, these keep their ids. Only Linux tells. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2)); // proc(5): the state follows the name in parentheses
  } catch {
    return false;
  }
}
