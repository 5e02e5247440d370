// The process that reads inputs, one after the other. What one does to it is seen from reader.ts.
import { setImmediate } from 'node:timers/promises';
import { mostHeldBytes } from '../support/most-held.js';
import { Coverage } from './coverage.js';
import { read } from './read.js';
import { targetOf, type Input } from './targets.js';

/** How the reading of an input ended. */
export interface Reading {
  /** 'ready', or the code of the refusal; undefined where it ended otherwise. */
  readonly answer?: string;
  /** What it ended with instead of a refusal. */
  readonly problem?: string;
  readonly ms: number;
  /** By how much the most memory this process ever held has grown. */
  readonly grownBytes: number;
  /** Places that no input reached before in this process. */
  readonly places: number[];
}

const [name, folder] = process.argv.slice(2) as [string, string];
const target = targetOf(name);
const coverage = new Coverage();

async function readingOf(input: Input): Promise<Reading> {
  const [before, start] = [mostHeldBytes(), performance.now()];
  const ended = await read(target, input, folder).then((answer) => ({ answer }), (problem: unknown) => ({ problem: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem) }));
  const ms = performance.now() - start;
  // What it left running may still fail, and is then its own fault, not that of the next.
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  return { ...ended, ms, grownBytes: mostHeldBytes() - before, places: coverage.take() };
}

process.on('message', (input: Input) => void readingOf(input).then((reading) => process.send!(reading)));
process.once('disconnect', () => process.exit());
