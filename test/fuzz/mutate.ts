// Changes to an input: bytes here and there, fields of a length, words of the format, parts of other inputs, values of JSON.
import type { Draw } from '../simulation/draw.js';
import { containerIn } from './containers.js';
import type { Input, Target } from './targets.js';

const MOST_BYTES = 2 ** 16;
const EDGES = [0, 1, -1, 2, 4, 7, 8, 16, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53];
const STRANGE_VALUES = [null, true, '', 'constructor', '__proto__', 0, -1, 0.5, 1e9, 2 ** 31, 2 ** 53, [], {}, [null], [[[[]]]], '9'.repeat(400)];

export interface Chances {
  readonly draw: Draw;
  readonly target: Target;
  /** Another input, to take parts from. */
  readonly other: Input;
}

/** The input with one to eight changes in one of its files, or inside what that holds. */
export function mutated(input: Input, chances: Chances): Input {
  // The first file says what the others are.
  const which = chances.draw.chance(0.6) ? 0 : chances.draw.whole(0, input.length - 1);
  return input.map((bytes, at) => (at === which ? changed(bytes, chances.other[at]!, chances) : bytes));
}

function changed(bytes: Uint8Array, other: Uint8Array, chances: Chances): Uint8Array {
  const { draw, target } = chances;
  const container = draw.chance(0.6) ? containerIn(bytes) : undefined;
  if (container) {
    const { contents } = container;
    const which = draw.whole(0, contents.length - 1);
    const inner = containerIn(other)?.contents;
    return container.around(contents.map((content, at) => (at === which ? changed(content, inner?.[at] ?? other, chances) : content)));
  }
  const asJson = draw.chance(0.7) ? withJsonChanged(bytes, draw) : undefined;
  if (asJson) return asJson;
  let made: Buffer = Buffer.from(bytes);
  for (let left = 2 ** draw.whole(0, 3); left > 0; left -= 1) made = draw.pick(CHANGES)(made, { draw, words: target.words, other: Buffer.from(other) });
  return made.subarray(0, MOST_BYTES);
}

interface Means {
  readonly draw: Draw;
  readonly words: readonly string[];
  readonly other: Buffer;
}
type Change = (bytes: Buffer, means: Means) => Buffer;

/** A stretch of them, more often a short one. */
function stretch({ length }: Buffer, draw: Draw): [from: number, to: number] {
  const from = draw.whole(0, length);
  return [from, Math.min(length, from + Math.floor(draw.spread(1, Math.max(2, length))))];
}
const inserted = (bytes: Buffer, at: number, more: Uint8Array, instead = 0): Buffer => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + instead)]);

const CHANGES: readonly Change[] = [
  (bytes, { draw }) => {
    if (bytes.length > 0) bytes[draw.whole(0, bytes.length - 1)]! ^= 1 << draw.whole(0, 7);
    return bytes;
  },
  (bytes, { draw }) => {
    if (bytes.length > 0) bytes[draw.whole(0, bytes.length - 1)] = draw.whole(0, 255);
    return bytes;
  },
  // A number of 1, 2, 4 or 8 bytes, in either order: as likely as not a length or a place.
  (bytes, { draw }) => {
    const size = draw.pick([1, 2, 4, 8]);
    if (bytes.length < size) return bytes;
    const at = draw.whole(0, bytes.length - size);
    const value = BigInt.asUintN(8 * size, draw.chance(0.5) ? BigInt(draw.pick(EDGES)) : numberAt(bytes, at, size) + BigInt(draw.whole(-16, 16)));
    for (let byte = 0; byte < size; byte += 1) bytes[at + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
    if (draw.chance(0.5)) bytes.subarray(at, at + size).reverse();
    return bytes;
  },
  // The same for numbers that are written as text.
  (bytes, { draw }) => {
    const found = [...bytes.toString('latin1').matchAll(/\d+/g)];
    if (found.length === 0) return bytes;
    const { index, 0: digits } = draw.pick(found);
    return inserted(bytes, index, Buffer.from(String(draw.chance(0.5) ? draw.pick(EDGES) : Number(digits) + draw.whole(-3, 3))), digits.length);
  },
  (bytes, { draw }) => {
    const [from, to] = stretch(bytes, draw);
    return inserted(bytes, from, Buffer.alloc(0), to - from);
  },
  (bytes, { draw }) => {
    const [from, to] = stretch(bytes, draw);
    return inserted(bytes, draw.whole(0, bytes.length), bytes.subarray(from, to));
  },
  (bytes, { draw }) => {
    const [from, to] = stretch(bytes, draw);
    return bytes.fill(draw.pick([0, 0xff, 0x20, draw.whole(0, 255)]), from, to);
  },
  (bytes, { draw, words }) => {
    const word = Buffer.from(draw.pick(words), draw.chance(0.5) ? 'latin1' : 'utf8');
    return inserted(bytes, draw.whole(0, bytes.length), word, draw.chance(0.5) ? word.length : 0);
  },
  (bytes, { draw, other }) => {
    const [from, to] = stretch(other, draw);
    const [at, end] = stretch(bytes, draw);
    return inserted(bytes, at, other.subarray(from, to), draw.chance(0.5) ? end - at : 0);
  },
  (bytes, { draw }) => bytes.subarray(0, draw.whole(0, bytes.length)),
];

const numberAt = (bytes: Buffer, at: number, size: number): bigint => bytes.subarray(at, at + size).reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

/** The text with one value of its JSON replaced, left out, doubled or wrapped; undefined where it is no JSON. */
function withJsonChanged(bytes: Uint8Array, draw: Draw): Uint8Array | undefined {
  let root: unknown;
  try {
    root = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  const places: (readonly [holder: Record<string, unknown>, key: string])[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(root);
  if (places.length === 0) return undefined;
  for (let left = draw.whole(1, 3); left > 0; left -= 1) {
    const [[holder, key], [from, other]] = [draw.pick(places), draw.pick(places)];
    const value = holder[key];
    const makes: (() => unknown)[] = [
      () => draw.pick(STRANGE_VALUES),
      () => structuredClone(from[other]),
      () => [value],
      () => undefined,
      () => (typeof value === 'number' ? value + draw.pick([-1, 1, 0.5, 65_536]) : draw.pick(EDGES)),
      () => (Array.isArray(value) ? [...(value as unknown[]), ...(value as unknown[]).slice(0, 1)] : value),
    ];
    const made = draw.pick(makes)();
    if (made === undefined && !Array.isArray(holder)) delete holder[key];
    else holder[key] = made;
  }
  try {
    return Buffer.from(JSON.stringify(root));
  } catch {
    return undefined; // holds itself by now
  }
}
