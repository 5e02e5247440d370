// One child that predicts, seen from the pool: asked one thing at a time, each within a limit.
import { Subprocess, type ProcessEnd } from '../children/subprocess.js';
import { ServiceError } from '../contract/errors.js';
import type { FromPredictor, ToPredictor } from './messages.js';

/** The child ended before it answered. */
export class ChildGone extends Error {
  override readonly name = 'ChildGone';
  constructor(readonly how: string) {
    super(`the child is gone: ${how}`);
  }
}

export class PredictProcess extends Subprocess<ToPredictor, FromPredictor> {
  private heard: ((answer: FromPredictor) => void) | undefined;

  constructor(program: string, threads: number) {
    super(program, { threads });
    this.onMessage((answer) => this.heard?.(answer));
  }

  /**
   * One question, once the one before is answered. A child that takes too long is ended.
   * @throws ChildGone, PREDICT_TIMEOUT, and what the child failed by
   */
  async ask<K extends 'loaded' | 'ran'>(message: ToPredictor, _answer: K, withinSeconds: number): Promise<Extract<FromPredictor, { kind: K }>> {
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<FromPredictor>((resolve) => (this.heard = resolve));
    const tooLong = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), withinSeconds * 1_000)));
    this.say(message);
    try {
      const first = await Promise.race([answered, tooLong, this.ended]);
      if (first === 'late') {
        this.kill();
        throw ServiceError.of('PREDICT_TIMEOUT', withinSeconds);
      }
      if (isEnd(first)) throw new ChildGone(first.how);
      if (first.kind === 'failed') throw ServiceError.fromRecord(first.error);
      return first as Extract<FromPredictor, { kind: K }>;
    } finally {
      clearTimeout(timer);
    }
  }
}

const isEnd = (one: FromPredictor | ProcessEnd): one is ProcessEnd => 'how' in one;
