// The staging folders of attempts tell by their names whose they are: `job_….<host>.<process>-…`.
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** Process ids of another machine, or of another container, mean nothing here. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** What a staging folder begins with that this process makes for a task. */
export const stagingOwner = (id: string): string => `${id}.${HOST}.${process.pid}`;

/** The process of this machine that makes a staging folder; undefined where it is of another, or no attempt's. */
export function makerOf(name: string): number | undefined {
  const [, host, pid] = /\.([0-9a-f]{8})\.(\d+)-[0-9a-f]+$/.exec(name) ?? [];
  return host === HOST ? Number(pid) : undefined;
}
