// What a reader of model files gives: the layers of a network in the order in which they follow each other, and their weights, of which
// none has been read yet.
import { ServiceError } from '../../contract/errors.js';
import type { LayerSpec } from '../../contract/layers.js';
import type { Shape } from '../../contract/shape.js';

/** A weight as a file holds it. */
export interface StoredWeight {
  readonly shape: readonly number[];
  /** float32, row-major. @throws MODEL_CORRUPT where its bytes are not there */
  values(): Float32Array;
}

/** A layer as its file has it, with the layers whose outputs it takes; undefined stands for the input of the whole network. */
export interface SourceLayer {
  /** Names from the outermost network that holds it inwards, its own last. */
  readonly names: readonly string[];
  readonly from: readonly (SourceLayer | undefined)[];
  /**
   * Which layers of ours it is, each taking the one before it; none where it changes nothing.
   * @param inputs shapes of what it is given
   * @throws LAYER_NOT_ALLOWED, MODEL_NOT_SUPPORTED, MODEL_CORRUPT
   */
  specs(inputs: readonly Shape[]): readonly LayerSpec[];
  /** @param index which of the layer's weights it is, counted from 0 in Keras's own order */
  weight(name: string, index: number): StoredWeight | undefined;
}

export interface SourceGraph {
  /** Each after those it takes; the last gives the output. */
  readonly layers: readonly SourceLayer[];
  /** Of one example, with null where a size is left open; undefined where the network does not say. */
  readonly inputShape: readonly (number | null)[] | undefined;
}

/** What is read of the files before any weight is. */
export interface SourceModel {
  readonly graph: SourceGraph;
  /** Names of weights that no layer has asked for, where each must have one that does. */
  unclaimed(): readonly string[];
  /** The file that the network is from, for what is said of it. */
  readonly file: string;
  /** None of its layers may be trained: it was made to be run. */
  readonly frozen?: boolean;
  /** What comes beside the network in some formats. */
  readonly labels?: readonly string[];
  /** What the network takes for the darkest and the brightest value of a pixel. */
  readonly inputRange?: readonly [number, number];
  /** Outputs that the source says these inputs give. */
  readonly golden?: SourceGolden;
}

export interface SourceGolden {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly tolerance: number;
}

/** A value of JSON that came from elsewhere. */
export type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Networks that lie in networks take a few brackets each. What walks over more would run out of stack. */
const DEEPEST_JSON = 256;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;

/** Whether brackets outside of texts lie that deep; told before anything is parsed. */
function isDeeperThan(bytes: Buffer, most: number): boolean {
  let [depth, isText] = [0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += byte === BACKSLASH ? 1 : 0;
    else if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

/** The values of a file by their place, or what is wrong with it. */
export class Parsed {
  constructor(readonly file: string) {}

  corrupt(why: string): ServiceError {
    return ServiceError.of('MODEL_CORRUPT', this.file, why);
  }

  record(value: unknown, what: string): Json {
    if (!isRecord(value)) throw this.corrupt(`${what} is no object`);
    return value;
  }

  list(value: unknown, what: string): readonly unknown[] {
    if (!Array.isArray(value)) throw this.corrupt(`${what} is no list`);
    return value;
  }

  text(value: unknown, what: string): string {
    if (typeof value !== 'string' || value.length > 1024) throw this.corrupt(`${what} is no name`);
    return value;
  }

  /** Sizes along each axis, none of them left open. */
  sizes(value: unknown, what: string): number[] {
    const sizes = this.list(value, what);
    if (!sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0) || sizes.length > 8) throw this.corrupt(`${what} is no shape`);
    return sizes as number[];
  }

  json(bytes: Buffer): unknown {
    if (isDeeperThan(bytes, DEEPEST_JSON)) throw this.corrupt(`it is nested more than ${DEEPEST_JSON} deep`);
    try {
      return JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''));
    } catch (problem) {
      throw this.corrupt(`it is no JSON (${(problem as Error).message.slice(0, 100)})`);
    }
  }
}

/** @throws MODEL_CORRUPT where it is not there, or of another shape */
export function requireWeight(layer: Pick<SourceLayer, 'names' | 'weight'>, asked: { name: string; index: number; shape: Shape }, parsed: Parsed): StoredWeight {
  const { name, index, shape } = asked;
  const shown = `${layer.names.join('/')}/${name}`.slice(0, 160);
  const stored = layer.weight(name, index);
  if (!stored) throw parsed.corrupt(`the weight ${shown} is not there`);
  if (stored.shape.join() !== shape.join()) throw parsed.corrupt(`the weight ${shown} has the shape [${stored.shape.join(', ')}]; its layer holds [${shape.join(', ')}]`);
  return stored;
}
