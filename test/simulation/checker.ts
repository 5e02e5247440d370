// What must hold of the disk, whatever has struck: looked at after every step, of what the step has changed. And what must hold in the end.
import { LAST_EVENTS, type JobEvent } from '#contract/event.js';
import { isTerminal, mayBecome } from '#contract/job-states.js';
import { readLog } from '#events/lines.js';
import { listCheckpoints } from '#jobs/checkpoints.js';
import { findJob } from '#jobs/query.js';
import type { JobOutcome, JobState } from '#jobs/records.js';
import type { Clients } from './clients.js';
import { MemoryStore, type MemoryDisk } from './memory-store.js';

/** What was seen of a job, which must not change. */
interface Seen {
  accepted?: string;
  outcome?: string;
  bundle?: string;
  attempts: number;
  ended?: string;
  events: JobEvent[];
}

export class Checker {
  private seen = new Map<string, Seen>();
  /** Of whoever looks from outside, at once. */
  private readonly store: MemoryStore;

  constructor(
    private readonly disk: MemoryDisk,
    private readonly clients: () => Clients,
    private readonly wrong: (what: string) => void,
  ) {
    this.store = new MemoryStore(disk);
  }

  /** A power cut takes what did not last; what was seen of that was no promise. What clients were told stays one. */
  powerWasCut(): void {
    this.seen = new Map();
  }

  /** Looks at what has changed since the last look. */
  async look(): Promise<void> {
    const jobs = new Set<string>();
    for (const key of this.disk.changed) {
      const number = /^(?:jobs\/job|models\/mdl)_([0-9a-f]{32})\//.exec(key)?.[1];
      if (number !== undefined) jobs.add(number);
    }
    this.disk.changed.clear();
    for (const number of jobs) {
      await this.lookAt(`job_${number}`, `mdl_${number}`).catch((problem: unknown) => this.wrong(`job_${number} cannot be read: ${String(problem)}`));
    }
  }

  private async lookAt(job: string, model: string): Promise<void> {
    const seen = this.seen.get(job) ?? { attempts: 0, events: [] };
    this.seen.set(job, seen);
    const known = this.clients().jobs.get(job);

    const accepted = this.text(`jobs/${job}/job.json`);
    if (seen.accepted !== undefined && accepted !== seen.accepted) this.wrong(`the record of ${job} changed, or went`);
    if (known?.accepted && accepted === undefined) this.wrong(`${job} was accepted, and is not there`);
    const outcome = this.text(`jobs/${job}/outcome.json`);
    if (seen.outcome !== undefined && outcome !== seen.outcome) this.wrong(`${job} ended twice: ${seen.outcome} and ${outcome}`);
    const how = outcome === undefined ? undefined : (JSON.parse(outcome) as { value: JobOutcome }).value;
    if (how && accepted === undefined) this.wrong(`${job} has ended, and was never accepted`);
    if (known?.cancelled && how?.status !== 'cancelled') this.wrong(`${job} was cancelled, and its outcome is ${how?.status}`);

    const bundle = this.text(`models/${model}/manifest.json`);
    if (seen.bundle !== undefined && bundle !== seen.bundle) this.wrong(`the model of ${job} changed, or went`);
    if (bundle !== undefined && how?.status !== 'succeeded') this.wrong(`${job} has a model, and its outcome is ${how?.status}`);
    if (bundle !== undefined && how && (JSON.parse(bundle) as { attempt: number }).attempt !== how.attempt) this.wrong(`the model of ${job} is not that of attempt ${how.attempt}`);

    const attempts = await this.attemptsOf(job);
    if (attempts < seen.attempts) this.wrong(`${job} had ${seen.attempts} attempts, and has ${attempts}`);
    const state = this.text(`jobs/${job}/state.json`);
    if (state !== undefined) this.lookAtState(job, (JSON.parse(state) as { value: JobState }).value, attempts);

    const stored = await findJob(this.store, job);
    if (seen.ended !== undefined && stored?.status !== seen.ended) this.wrong(`${job} was ${seen.ended}, and is ${stored?.status}`);
    const ended = stored && isTerminal(stored.status) ? stored.status : undefined;
    if (ended !== undefined && ended !== how?.status) this.wrong(`${job} is ${ended}, and its outcome is ${how?.status}`);

    const events = (await readLog(this.store, job))?.events ?? [];
    this.lookAtEvents(job, events, seen.events, how);
    Object.assign(seen, { accepted, outcome, bundle, attempts, ended, events });
  }

  private async attemptsOf(job: string): Promise<number> {
    const numbers = (await this.store.list(`jobs/${job}/attempts`)).map(Number).sort((a, b) => a - b);
    if (numbers.some((number, n) => number !== n + 1)) this.wrong(`the attempts of ${job} are ${numbers.join(', ')}`);
    for (const attempt of numbers) {
      const steps = (this.text(`jobs/${job}/attempts/${attempt}/metrics.jsonl`) ?? '').split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { step: number }).step);
      if (steps.some((step, n) => n > 0 && step <= steps[n - 1]!)) this.wrong(`the curve of ${job}, attempt ${attempt}, has the steps ${steps.join(', ')}`);
    }
    return numbers.length;
  }

  private lookAtState(job: string, { attempt, history }: JobState, attempts: number): void {
    if (attempt > attempts) this.wrong(`the state of ${job} tells of attempt ${attempt} of ${attempts}`);
    for (const [n, { status }] of history.entries()) {
      const before = history[n - 1]?.status ?? 'queued';
      if (!mayBecome(before, status)) this.wrong(`${job} was ${before}, then ${status}`);
    }
  }

  private lookAtEvents(job: string, events: readonly JobEvent[], before: readonly JobEvent[], how: JobOutcome | undefined): void {
    if (events.some(({ id }, n) => Number(id) !== n + 1)) this.wrong(`the events of ${job} are numbered ${events.map(({ id }) => id).join(', ')}`);
    // Once there is a last one, what was behind it is read no more.
    const closed = events.some(({ type }) => LAST_EVENTS.includes(type));
    const changed = before.findIndex(({ type }, n) => type !== events[n]?.type);
    if (changed >= 0 && !closed) this.wrong(`event ${changed + 1} of ${job} was ${before[changed]!.type}, and is ${events[changed]?.type}`);
    const last = events.filter(({ type }) => LAST_EVENTS.includes(type));
    if (last.length > 1) this.wrong(`${job} has ${last.length} last events`);
    if (last.length === 1 && (last[0] !== events.at(-1) || last[0]?.type !== `job.${how?.status}`)) this.wrong(`${job} is told to have ended as ${last[0]?.type}, and its outcome is ${how?.status}`);
    if (last.length === 0 && before.some(({ type }) => LAST_EVENTS.includes(type))) this.wrong(`the log of ${job} was closed, and is open`);
  }

  /** Jobs that are accepted and have not come to their end. */
  async unfinished(): Promise<string[]> {
    const open: string[] = [];
    for (const job of await this.store.list('jobs')) {
      const stored = await findJob(this.store, job);
      if (stored && !isTerminal(stored.state.status)) open.push(`${job} is ${stored.status}`);
    }
    return open;
  }

  /** What is still being made, though nobody makes anything. */
  staged = (): string[] => [...this.disk.staging.keys()];

  /** What must be there in the end, and nothing else. */
  async lookAtTheEnd(): Promise<void> {
    for (const known of this.clients().jobs.values()) {
      const { job, model } = known.ids;
      const stored = await findJob(this.store, job);
      if (!stored) {
        if (known.accepted) this.wrong(`${job} was accepted, and is not there`);
        continue;
      }
      if ((this.text(`models/${model}/manifest.json`) !== undefined) !== (stored.status === 'succeeded')) this.wrong(`${job} is ${stored.status}, and ${stored.status === 'succeeded' ? 'has no model' : 'has one'}`);
      const digest = stored.outcome?.status === 'succeeded' ? stored.outcome.weights_digest : undefined;
      if (digest !== undefined && digest !== this.text(`models/${model}/weights.bin`)) this.wrong(`the model of ${job} is not what its outcome says`);
      if (stored.outcome?.status === 'failed' && !['CRASH_LOOP', 'CHILD_FAILED', 'DISK_FULL'].includes(stored.outcome.error.code)) {
        this.wrong(`${job} failed with ${stored.outcome.error.code}: ${stored.outcome.error.message}`);
      }
      const events = (await readLog(this.store, job))?.events ?? [];
      if (events.at(-1)?.type !== `job.${stored.status}` || events[0]?.id !== '1') this.wrong(`the log of ${job} ends with ${events.at(-1)?.type}, the job is ${stored.status}`);
      await listCheckpoints(this.store, job); // all can be read
    }
  }

  private text(key: string): string | undefined {
    return this.disk.objects.get(key)?.bytes.toString();
  }
}
