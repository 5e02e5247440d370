// The staging folders of attempts tell by their names whose they are: `job_….<host>.<process>-…`.
import { HOST } from '../store/process-alive.js';

/** What a staging folder begins with that this process makes for a task. */
export const stagingOwner = (id: string): string => `${id}.${HOST}.${process.pid}`;

/** The process of this machine that makes a staging folder; undefined where it is of another, or no attempt's. */
export function makerOf(name: string): number | undefined {
  const [, host, pid] = /\.([0-9a-f]{8})\.(\d+)-[0-9a-f]+$/.exec(name) ?? [];
  return host === HOST ? Number(pid) : undefined;
}
