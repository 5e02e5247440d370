// In place of the readers: does to an input what the input says.
import type { Reading } from './child.js';
import { mostHeldBytes } from '../support/most-held.js';
import type { Input } from './targets.js';

const held: Buffer[] = [];
const DEEDS: Record<string, () => Partial<Reading>> = {
  sound: () => ({ answer: 'ready' }),
  throw: () => ({ problem: 'TypeError: x is not a function' }),
  abort: () => process.abort(),
  exit: () => process.exit(3),
  loop: () => {
    for (;;);
  },
  grow: () => {
    const before = mostHeldBytes();
    held.push(Buffer.alloc(2 ** 29, 1));
    return { answer: 'ready', grownBytes: mostHeldBytes() - before };
  },
};

process.on('message', ([bytes]: Input) => process.send!({ ms: 0, grownBytes: 0, places: [], ...DEEDS[Buffer.from(bytes!).toString()]!() }));
process.once('disconnect', () => process.exit());
