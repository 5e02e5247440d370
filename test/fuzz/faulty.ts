// In place of the readers: does to an input what the input says.
import type { Reading } from './child.js';
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
    const before = process.resourceUsage().maxRSS;
    held.push(Buffer.alloc(2 ** 29, 1));
    return { answer: 'ready', grownBytes: 1024 * (process.resourceUsage().maxRSS - before) };
  },
};

process.on('message', ([bytes]: Input) => process.send!({ ms: 0, grownBytes: 0, places: [], ...DEEDS[Buffer.from(bytes!).toString()]!() }));
process.once('disconnect', () => process.exit());
