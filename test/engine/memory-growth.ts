// How much a process that trains grows, for the short test and the long one.
import { startProgram } from '../support/program.js';

interface Size {
  done: number;
  bytes: number;
  tensors: number;
}

/**
 * The growth of a process's resident size, in MB, from its first report to its last; `count` is a multiple of `every`. It is the median slope
 * of all pairs of reports (Theil and Sen), so that one step of the allocator's, up to 20 MB on a busy machine, is no growth, and what leaks is.
 */
export async function growth(what: 'recorded-steps' | 'plain-steps' | 'captures', count: number, every: number) {
  const program = startProgram(new URL('./memory-program.ts', import.meta.url), [what, String(count), String(every)]);
  try {
    const sizes: Size[] = [];
    while (sizes.length < count / every) sizes.push(await program.next<Size>());
    const [first, last] = [sizes[0]!, sizes.at(-1)!];
    const slopes = sizes.flatMap((one, at) => sizes.slice(at + 1).map((later) => (later.bytes - one.bytes) / (later.done - one.done)));
    const slope = slopes.sort((a, b) => a - b)[slopes.length >> 1]!;
    return { megabytes: (slope * (last.done - first.done)) / 2 ** 20, tensors: last.tensors - first.tensors, sizes: sizes.map(({ bytes }) => Math.round(bytes / 2 ** 20)) };
  } finally {
    await program.end('SIGKILL');
  }
}
