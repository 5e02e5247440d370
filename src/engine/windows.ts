// The order in which an epoch goes through the examples, where only a window of them lies in memory at once: chunks of rows in an order
// that is drawn, several to a window, the examples shuffled within the window. This is CorgiPile's two-level shuffle (Xu et al.,
// "In-Database Machine Learning with CorgiPile: Stochastic Gradient Descent without Full Data Shuffle", SIGMOD 2022).
import { rowBytesOf, type Rows } from '../datasets/rows.js';
import { permutation } from './random.js';

export interface Window {
  /** The chunks its examples lie in. */
  chunks: Uint32Array;
  /** Its examples, in the order they are taken. */
  examples: Uint32Array;
}

/** Where examples lie: those of chunk c are number `first[c]` up to `first[c + 1]`. */
export type Chunks = Uint32Array;

/**
 * Bytes of the rows of a window, which is in memory as it is read and as the table of the graph. Changing it changes the order of
 * streamed jobs.
 */
export const WINDOW_BYTES = 2 ** 26;

export const windowChunksOf = ({ shape, dtype, chunkRows }: Pick<Rows, 'shape' | 'dtype' | 'chunkRows'>): number =>
  Math.max(1, Math.floor(WINDOW_BYTES / (chunkRows * rowBytesOf(shape, dtype))));

const holding = (first: Chunks): Uint32Array => Uint32Array.from(first.keys()).filter((chunk) => first[chunk + 1]! > first[chunk]!);

function examplesOf(first: Chunks, chunks: Uint32Array): Uint32Array {
  const examples = new Uint32Array(chunks.reduce((sum, chunk) => sum + first[chunk + 1]! - first[chunk]!, 0));
  let at = 0;
  for (const chunk of chunks) {
    for (let example = first[chunk]!; example < first[chunk + 1]!; example += 1, at += 1) examples[at] = example;
  }
  return examples;
}

/**
 * An epoch's windows, each example in one of them: a function of seed and epoch. A window over everything is a permutation of all
 * examples.
 * @param windowChunks chunks of a window; undefined for one window
 */
export function* shuffledWindows(first: Chunks, windowChunks: number | undefined, seed: number, epoch: number): Generator<Window> {
  const chunks = holding(first);
  if (windowChunks === undefined || windowChunks >= chunks.length) {
    yield { chunks, examples: permutation(seed, 'shuffle', epoch, first.at(-1)!) };
    return;
  }
  const order = permutation(seed, 'shuffle/chunks', epoch, chunks.length);
  for (let start = 0; start < order.length; start += windowChunks) {
    const taken = order.subarray(start, start + windowChunks).map((at) => chunks[at]!);
    const examples = examplesOf(first, taken);
    const shuffled = permutation(seed, `shuffle/window/${start / windowChunks}`, epoch, examples.length);
    yield { chunks: taken, examples: shuffled.map((at) => examples[at]!) };
  }
}

/** All examples in the order they lie in, at most so many a window, but a chunk at least. */
export function* windowsInOrder(first: Chunks, mostExamples: number): Generator<Window> {
  const chunks = holding(first);
  for (let start = 0; start < chunks.length; ) {
    let end = start + 1;
    while (end < chunks.length && first[chunks[end]! + 1]! - first[chunks[start]!]! <= mostExamples) end += 1;
    const taken = chunks.subarray(start, end);
    yield { chunks: taken, examples: examplesOf(first, taken) };
    start = end;
  }
}
