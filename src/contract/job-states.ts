// The life of a job as a table. One function ends a job (jobs/settle.ts); everything else only moves along these lines.
// Of two ways of one length the one named first is taken (jobs/state.ts): a job cancelled at work was cancelling, not queued.
export const NEXT_STATES = {
  queued: ['preparing', 'paused', 'cancelled', 'expired'], // expired: a limit of the job's own passed, here or at work
  preparing: ['running', 'stopping', 'pausing', 'cancelling', 'queued', 'failed', 'expired'],
  running: ['finalizing', 'stopping', 'pausing', 'cancelling', 'queued', 'failed', 'expired'], // back to queued: the attempt died and is tried again
  finalizing: ['succeeded', 'cancelling', 'queued', 'failed', 'expired'],
  cancelling: ['cancelled'], // whatever the child still does, nothing is published
  stopping: ['finalizing', 'running', 'cancelling', 'queued', 'failed', 'expired'], // training ends at the next call; running: its engine has just loaded
  pausing: ['paused', 'running', 'finalizing', 'cancelling', 'queued', 'failed', 'expired'], // finalizing: it was done before it heard
  paused: ['queued', 'cancelled', 'expired'],
  succeeded: [],
  failed: [],
  cancelled: [],
  expired: [],
} as const satisfies Record<string, readonly string[]>;

export type JobStatus = keyof typeof NEXT_STATES;
export const JOB_STATES = Object.keys(NEXT_STATES) as JobStatus[];
export const TERMINAL_STATES = ['succeeded', 'failed', 'cancelled', 'expired'] as const;
export type TerminalStatus = (typeof TERMINAL_STATES)[number];

export const isTerminal = (status: JobStatus): status is TerminalStatus =>
  (TERMINAL_STATES as readonly string[]).includes(status);
export const mayBecome = (from: JobStatus, to: JobStatus): boolean =>
  (NEXT_STATES[from] as readonly string[]).includes(to);
