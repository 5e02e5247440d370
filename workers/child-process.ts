// One child process that works for a worker: given its task, asked for something meanwhile. It takes one task and is gone.
import { Subprocess, type SubprocessOptions } from '#children/subprocess.js';
import { programBeside } from '#config/programs.js';
import { TASK_KINDS, WARM_ARGUMENT, type ChildTask, type Control, type TaskKind, type ToChild, type ToWorker } from './protocol.js';

/** Lower priority than the API and the queue, so that answers stay prompt while all cores train. */
const NICENESS = 5;

export interface ChildOptions extends Pick<SubprocessOptions, 'threads' | 'nodeArguments'> {
  /** Told to get ready for a task that will come later. @default false */
  warm?: boolean;
}

export class Child extends Subprocess<ToChild, ToWorker> {
  static start(kind: TaskKind, { warm = false, ...options }: ChildOptions): Child {
    return new Child(programBeside(import.meta.url, TASK_KINDS[kind].program), { ...options, programArguments: warm ? [WARM_ARGUMENT] : [], niceness: NICENESS });
  }

  /** Hands over the one task. */
  give(task: ChildTask): void {
    this.say(task);
  }

  /** Tells where the next checkpoint may be written, and whether the one before is kept. */
  makeRoom(folder: string, kept: boolean): void {
    this.say({ checkpointFolder: folder, kept });
  }

  /** Asks for something the process comes to in its own time. */
  tell(control: Control): void {
    this.say({ control });
  }

  /** Asks for something that ends the process when it comes to it; by force if that takes longer. */
  ask(control: Control, withinMs: number): void {
    this.say({ control });
    this.killAfter(withinMs);
  }
}
