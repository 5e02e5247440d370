// Brings the rows of examples into the table that steps take them from: all of them once, or a window after the other. While steps are
// taken from one window the next is read.
import { volume } from '../contract/shape.js';
import { roomFor, type RowValues } from '../datasets/rows.js';
import { firstOfChunks, inOrder, type Examples } from './examples.js';
import { joined } from './joined.js';
import { shuffledWindows, windowChunksOf, windowsInOrder, type Chunks, type Window } from './windows.js';
import { HostTable, type Table } from './table.js';
import type { Tensor, TensorFlow } from './native.js';

/** Chunks that are read at once. */
interface Piece {
  chunks: Uint32Array;
  /** The window that is whole with this piece. */
  completes: Window | undefined;
}

/** Rows a table needs for a feed that shuffles: all, or a window and what the one before it left of a batch. */
export function rowsToShuffle({ count, rows, windowChunks }: Examples, batchSize: number): number {
  return windowChunks === undefined ? count : Math.min(count, windowChunks * rows.chunkRows + batchSize - 1);
}

/** Rows a table needs for a feed in order. @param windowRows rows of a window, about; by their bytes unless given */
export function rowsInOrder({ count, rows }: Examples, batchSize: number, windowRows = windowChunksOf(rows) * rows.chunkRows): number {
  return Math.min(count, Math.max(windowRows, rows.chunkRows) + batchSize - 1);
}

export class Feed {
  private readonly first: Chunks;
  /** Where the examples lie in the table: each at its own number if it holds all, else only those of the window. */
  private readonly placeOf: Uint32Array;
  private loaded = false;
  private buffer: RowValues | undefined;

  constructor(private readonly examples: Examples, private readonly table: Table, private readonly batchSize: number) {
    this.first = firstOfChunks(examples);
    this.placeOf = inOrder(examples.count);
  }

  /**
   * An epoch, in an order that seed and epoch decide: rows of the table to take before the next are asked for, in whole batches but for
   * the short last one of the epoch.
   * @param done how many examples of it have been taken earlier: whole batches
   * @throws STORE_CORRUPT where rows are not what was written
   */
  shuffled(seed: number, epoch: number, done = 0): AsyncGenerator<Uint32Array> {
    return this.through(after([...shuffledWindows(this.first, this.examples.windowChunks, seed, epoch)], done));
  }

  /** All examples, in the order they lie in; otherwise the same. */
  inOrder(): AsyncGenerator<Uint32Array> {
    return this.through([...windowsInOrder(this.first, this.table.rows - this.batchSize + 1)]);
  }

  private async *through(windows: readonly Window[]): AsyncGenerator<Uint32Array> {
    if (this.table.rows < this.examples.count) {
      yield* this.windowByWindow(windows);
      return;
    }
    if (!this.loaded) await this.fill();
    yield joined(windows.map(({ examples }) => examples));
  }

  /** Reads all examples into a table that holds them all. */
  async fill(): Promise<void> {
    const pieces = this.load([...shuffledWindows(this.first, undefined, 0, 0)], (example) => example);
    while (!(await pieces.next()).done);
    this.buffer = undefined;
    this.loaded = true;
  }

  /** What a window leaves of a batch stays where it lies, and the next window's rows go around it. */
  private async *windowByWindow(windows: readonly Window[]): AsyncGenerator<Uint32Array> {
    const everyPlace = inOrder(this.table.rows);
    let left = new Uint32Array(0);
    let free = everyPlace.values();
    for await (const window of this.load(windows, () => free.next().value!)) {
      if (!window) continue;
      const order = joined([left, window.examples.map((example) => this.placeOf[example]!)]);
      const whole = window === windows.at(-1) ? order.length : order.length - (order.length % this.batchSize);
      left = order.slice(whole);
      const kept = new Set(left);
      free = everyPlace.filter((place) => !kept.has(place)).values();
      if (whole > 0) yield order.subarray(0, whole);
    }
  }

  /** Reads piece after piece into the table, and gives each window with its last piece: the reading of the next one has begun then. */
  private async *load(windows: readonly Window[], place: (example: number) => number): AsyncGenerator<Window | undefined> {
    const { rows, windowChunks } = this.examples;
    const most = windowChunks ?? windowChunksOf(rows);
    this.buffer ??= roomFor(rows, Math.min(rows.count, most * rows.chunkRows));
    const pieces = windows.flatMap((window) => piecesOf(window, most));
    let reading = this.ask(pieces[0]);
    try {
      for (const [at, { chunks, completes }] of pieces.entries()) {
        await reading;
        this.write(this.buffer, chunks, place);
        reading = this.ask(pieces[at + 1]);
        yield completes;
      }
    } finally {
      // Whoever stops in the middle may close the file: not before the read has ended, however it did.
      await reading.catch(() => undefined);
    }
  }

  private ask(piece: Piece | undefined): Promise<void> {
    const reading = piece ? this.examples.rows.read(piece.chunks, this.buffer!, 0) : Promise.resolve();
    // Told when it is waited for. Until then its failure is nobody's, which would end the process.
    reading.catch(() => undefined);
    return reading;
  }

  /** The examples of these chunks, out of the buffer into the table. Of chunks whose examples are not all wanted the rest is left out. */
  private write(buffer: RowValues, chunks: Uint32Array, place: (example: number) => number): void {
    const { rows, rowOf } = this.examples;
    const width = volume(rows.shape);
    const examples: number[] = [];
    let begin = 0;
    for (const chunk of chunks) {
      for (let example = this.first[chunk]!; example < this.first[chunk + 1]!; example += 1) {
        const from = begin + (rowOf?.[example] ?? example) - chunk * rows.chunkRows;
        if (from !== examples.length) buffer.copyWithin(examples.length * width, from * width, (from + 1) * width);
        this.placeOf[example] = place(example);
        examples.push(example);
      }
      begin += Math.min(rows.chunkRows, rows.count - chunk * rows.chunkRows);
    }
    this.table.write(Uint32Array.from(examples, (example) => this.placeOf[example]!), buffer.subarray(0, examples.length * width), Uint32Array.from(examples));
  }
}

/** What is left of the windows once so many of their examples are taken. */
function after(windows: readonly Window[], taken: number): Window[] {
  const left: Window[] = [];
  for (const window of windows) {
    const ofWindow = Math.min(taken, window.examples.length);
    taken -= ofWindow;
    if (ofWindow < window.examples.length) left.push({ ...window, examples: window.examples.subarray(ofWindow) });
  }
  return left;
}

function piecesOf(window: Window, mostChunks: number): Piece[] {
  const { chunks } = window;
  return Array.from({ length: Math.ceil(chunks.length / mostChunks) }, (_, at) => {
    const end = (at + 1) * mostChunks;
    return { chunks: chunks.subarray(at * mostChunks, end), completes: end >= chunks.length ? window : undefined };
  });
}

/** The rows of few examples at once, such as the first ones, as float32 [examples, …shape]. */
export async function inputsOf(tf: TensorFlow, examples: Examples): Promise<Tensor> {
  const table = new HostTable(tf, examples, examples.count);
  await new Feed(examples, table, 1).fill();
  return table.inputs(inOrder(examples.count));
}
