// A worker in small, to be killed: starts one child, says its process id once it has begun or waits, and goes on.
import { Child } from '../../workers/child-process.js';

const kind = process.argv[2] as 'train' | 'ingest';
const child = Child.start(kind, { threads: 1, warm: true });
const say = (): void => void process.stdout.write(`${JSON.stringify({ pid: child.pid })}\n`);
if (kind === 'train') {
  child.onMessage(say); // it waits for its task
} else {
  // Many seconds of work in one piece, in which it hears nothing.
  child.give({
    task: 'ingest',
    source: { files: [], generate: { name: 'glyph_digits', examples: 100_000, seed: 1 }, url: null, class_names: null, on_bad_rows: 'skip' },
    sourceFolder: '/nowhere', outFolder: '/nowhere', maxBytes: 2 ** 30,
  });
  say();
}
setInterval(() => undefined, 60_000);
