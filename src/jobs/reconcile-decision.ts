// What is to be done about a job, a data set, a model that was sent or a staging folder, given what is seen of it. Pure: jobs/reconcile.ts looks and does.
import { isTerminal, type JobStatus } from '../contract/job-states.js';

/** What one look shows of anything. */
interface Seen {
  /** The queue holds its task, waiting or at work. */
  held: boolean;
  /** A worker says that it is at it. */
  worked: boolean;
  /** It has been so for a while, and did not merely pass by. */
  lasting: boolean;
}

export interface JobSeen extends Seen {
  status: JobStatus;
  /** How it ends is decided. */
  decided: boolean;
  /** It has waited longer than it may. */
  waitedTooLong: boolean;
  /** A pause was the last that was asked of it. */
  pauseAsked: boolean;
}

/**
 * How long is a while, in milliseconds: by then whoever works has said so, which a worker does every 5 seconds also to a server that has
 * lost everything, and whoever was ending something is done with it.
 */
export const LASTING_MS = 10_000;

/** `watch`: nothing yet, but if it lasts, something. */
export type Step = 'leave' | 'watch' | 'conclude' | 'expire' | 'requeue';

export function stepForJob({ status, decided, waitedTooLong, pauseAsked, held, worked, lasting }: JobSeen): Step {
  if (isTerminal(status)) return 'leave';
  // Whoever decided the end makes it true in a moment, or has died.
  if (decided) return lasting ? 'conclude' : 'watch';
  if (status === 'queued' && waitedTooLong) return 'expire';
  if (status === 'paused' && pauseAsked) return 'leave';
  if (held || worked) return 'leave';
  // Whoever asked for the pause took it off the queue and sets it aside in a moment, or has died.
  if (status === 'queued' && pauseAsked) return lasting ? 'requeue' : 'watch';
  // Nobody has begun it, and to queue it twice is to queue it once.
  if (status === 'queued' || status === 'paused') return 'requeue';
  // Begun, and its task is gone from the queue: its worker may not know yet, and two must not write one log.
  return lasting ? 'requeue' : 'watch';
}

/** A data set or a model that was sent, to be read once. */
export interface ReadingSeen extends Seen {
  unread: boolean;
}

export function stepForReading({ unread, held, worked, lasting }: ReadingSeen): Step {
  if (!unread || held || worked) return 'leave';
  return lasting ? 'requeue' : 'watch';
}

export interface StagingSeen {
  /** What its name says it is made for: not there, unfinished, or ended and all of it where it belongs. */
  owner: 'missing' | 'unfinished' | 'ended';
  /** How long it has been seen, in milliseconds. */
  seenForMs: number;
}

/** Longer than an upload may take (http/app.ts). */
export const STRAYS_KEPT_MS = 2 * 3_600_000;

/**
 * What an unfinished owner's attempts left goes when it ends: an attempt that is taken for dead may be alive, and must not find the
 * ground gone. What has no owner may be an upload that is still received.
 */
export const isStray = ({ owner, seenForMs }: StagingSeen): boolean =>
  owner === 'ended' || (owner === 'missing' && seenForMs > STRAYS_KEPT_MS);
