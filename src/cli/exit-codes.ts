// What the command ends with. docs/command-line.md has the same table; a test keeps the two the same.
import type { JobStatus } from '../contract/job-states.js';

export const EXIT_CODES = {
  ok: { code: 0, when: 'done; of a job that is watched: it succeeded' },
  refused: { code: 1, when: 'the service refused or failed' },
  usage: { code: 2, when: 'the command is not understood' },
  failed: { code: 3, when: 'the job failed, or the data set or model is invalid' },
  cancelled: { code: 4, when: 'the job was cancelled' },
  expired: { code: 5, when: 'the job expired' },
  unreachable: { code: 6, when: 'the service does not answer' },
  timeout: { code: 7, when: '`--timeout` passed before the end; the job goes on' },
  interrupted: { code: 130, when: 'Ctrl-C; the job goes on' },
} as const;
export type Ending = keyof typeof EXIT_CODES;

const BY_STATUS: Partial<Record<JobStatus, Ending>> = { succeeded: 'ok', failed: 'failed', cancelled: 'cancelled', expired: 'expired' };

/** Of a job that has ended. */
export const endingOf = (status: JobStatus): Ending => BY_STATUS[status] ?? 'ok';
