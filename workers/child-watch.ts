// What a worker says of its children at work: what each holds, and how long its last epoch and checkpoint took. Told with the worker's next announcement.
import type { ChildStatus } from '#contract/system.js';
import type { Report } from './protocol.js';

/** One child at work, for those who hear of it. */
export interface WatchedChild {
  holds(bytes: number): void;
  heard(report: Report): void;
  gone(): void;
}

export class ChildWatch {
  /** @param children added to and taken from */
  constructor(
    private readonly children: ChildStatus[],
    private readonly nowMs = (): number => performance.now(),
  ) {}

  begin(id: string, task: ChildStatus['task']): WatchedChild {
    const child: ChildStatus = { id, task, resident_bytes: null, epoch_seconds: null, checkpoint_seconds: null };
    this.children.push(child);
    let epochBeganMs: number | undefined;
    return {
      holds: (bytes) => void (child.resident_bytes = bytes),
      heard: (report) => {
        if (report.kind === 'checkpoint') child.checkpoint_seconds = report.seconds;
        if (report.kind !== 'event' || (report.type !== 'run.started' && report.type !== 'epoch.finished')) return;
        const nowMs = this.nowMs();
        if (report.type === 'epoch.finished' && epochBeganMs !== undefined) child.epoch_seconds = Math.round(nowMs - epochBeganMs) / 1000;
        epochBeganMs = nowMs;
      },
      gone: () => void this.children.splice(this.children.indexOf(child), 1),
    };
  }
}
