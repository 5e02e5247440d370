// From a network as its file has it to one of ours with its weights: layer by layer, each with the shapes it is given, so that every
// weight is known by name and shape before a byte of it is read.
import { ServiceError } from '../../contract/errors.js';
import { NETWORK_INPUT } from '../../contract/branches.js';
import { MOST_LAYERS, type Architecture, type Layer, type LayerSpec } from '../../contract/layers.js';
import { volume, type Shape } from '../../contract/shape.js';
import { traceLayer } from '../architecture.js';
import { connected } from '../connections.js';
import { requireReasonableShape, requireReasonableSize } from '../size.js';
import type { Weights } from '../weights.js';
import { Parsed, requireWeight, type SourceLayer, type SourceModel, type StoredWeight } from './source.js';

export interface Network {
  architecture: Architecture;
  weights: Weights;
}

export interface TakeOverOptions {
  /** Sizes of the input that the network leaves open. */
  inputShape?: readonly number[] | undefined;
  /** What the network takes for the darkest and for the brightest value of a pixel; anything but [0, 1] becomes a layer in front of it. */
  inputRange?: readonly [number, number] | undefined;
}

/**
 * @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED, LAYER_NOT_ALLOWED, LAYER_UNUSED, SHAPE_MISMATCH, MODEL_TOO_LARGE; INVALID_VALUE at `/input_shape`
 */
export function takeOver(source: SourceModel, { inputShape, inputRange }: TakeOverOptions): Network {
  const { graph } = source;
  const builder = new Builder(source, closedInput(graph.inputShape, inputShape));
  if (inputRange && (inputRange[0] !== 0 || inputRange[1] !== 1)) builder.scaleInput(inputRange);
  for (const layer of graph.layers) builder.add(layer);
  return builder.finish();
}

function closedInput(written: readonly (number | null)[] | undefined, asked: readonly number[] | undefined): Shape {
  if (!written) {
    if (asked) return asked;
    throw ServiceError.of('MODEL_NOT_SUPPORTED', 'it does not say what shape its input has; send input_shape');
  }
  const fits = asked === undefined || (asked.length === written.length && written.every((size, axis) => size === null || size === asked[axis]));
  if (!fits) throw ServiceError.of('INVALID_VALUE', `must be as the network's own, [${written.map((size) => size ?? 'any').join(', ')}]`).at('/input_shape');
  const closed = written.map((size, axis) => size ?? asked?.[axis]);
  if (closed.some((size) => size === undefined)) throw ServiceError.of('MODEL_NOT_SUPPORTED', `it leaves sizes of its input open, [${written.map((size) => size ?? 'any').join(', ')}]; send input_shape`);
  return closed as number[];
}

class Builder {
  private readonly layers: Layer[] = [];
  private readonly inputs: string[][] = [];
  private readonly weights = new Map<string, () => Float32Array>();
  private readonly shapes = new Map<string, Shape>();
  private readonly names = new Set<string>([NETWORK_INPUT]);
  /** The layer of ours that gives what one of the source's gives. */
  private readonly outputs = new Map<SourceLayer | undefined, string>([[undefined, NETWORK_INPUT]]);

  private readonly parsed: Parsed;

  constructor(
    private readonly source: SourceModel,
    inputShape: Shape,
  ) {
    this.parsed = new Parsed(source.file);
    requireReasonableShape(inputShape);
    this.shapes.set(NETWORK_INPUT, inputShape);
  }

  /** Has the network take pixels from 0 to 1, as data sets give them. */
  scaleInput([darkest, brightest]: readonly [number, number]): void {
    const config = { scale: brightest - darkest, offset: darkest };
    this.outputs.set(undefined, this.append({ class_name: 'Rescaling', config }, 'input_range', [NETWORK_INPUT]));
  }

  add(layer: SourceLayer): void {
    const from = layer.from.map((each) => this.outputs.get(each)!);
    const specs = layer.specs(from.map((name) => this.shapes.get(name)!));
    let last = from;
    for (const spec of specs) last = [this.append(spec, layer.names.at(-1)!, last, layer)];
    this.outputs.set(layer, last[0]!);
  }

  private append(spec: LayerSpec, wantedName: string, from: string[], source?: SourceLayer): string {
    const name = this.freeName(wantedName);
    const layer = { class_name: spec.class_name, name, config: spec.config ?? {} } as Layer;
    if (this.layers.length === MOST_LAYERS) throw ServiceError.of('MODEL_NOT_SUPPORTED', `it has more than ${MOST_LAYERS} layers`);
    const traced = traceLayer(layer, from, from.map((each) => this.shapes.get(each)!));
    if (traced.output.some((size) => !Number.isSafeInteger(size) || size < 1)) throw ServiceError.of('SHAPE_MISMATCH', name, `it gives [${traced.output.join(', ')}]`);
    requireReasonableShape(traced.output);
    this.layers.push(layer);
    this.inputs.push(from);
    this.shapes.set(name, traced.output);
    traced.weights.forEach((weight, index) => {
      const stored = requireWeight(source!, { name: weight.name, index, shape: weight.shape }, this.parsed);
      this.weights.set(`${name}/${weight.name}`, () => this.finite(stored, `${name}/${weight.name}`));
    });
    return name;
  }

  private finite(stored: StoredWeight, path: string): Float32Array {
    const values = stored.values();
    if (values.length !== volume(stored.shape)) throw this.parsed.corrupt(`the weight ${path} holds ${values.length} numbers of ${volume(stored.shape)}`);
    if (values.every(Number.isFinite)) return values;
    throw this.parsed.corrupt(`the weight ${path} holds a value that is no finite number`);
  }

  /** Letters, digits, dots, dashes and underscores; a count behind a name that is taken. */
  private freeName(wanted: string): string {
    const letters = wanted.replaceAll(/[^A-Za-z0-9_.-]/g, '_').replace(/^[^A-Za-z]+/, '');
    const stem = letters.slice(0, 58) || 'layer';
    let name = letters.length <= 64 && letters !== '' ? letters : stem;
    for (let count = 1; this.names.has(name); count += 1) name = `${stem}_${count}`;
    this.names.add(name);
    return name;
  }

  /** Every shape is known by now, and what the network takes of memory. */
  finish(): Network {
    if (this.layers.length === 0) throw this.parsed.corrupt('it has no layers');
    const architecture = { input_shape: [...this.shapes.get(NETWORK_INPUT)!], layers: connected(this.layers, this.inputs) };
    requireReasonableSize(architecture);
    const [left] = this.source.unclaimed();
    if (left !== undefined) throw this.parsed.corrupt(`no layer has the weight ${left.slice(0, 160)}`);
    return { architecture, weights: new Map([...this.weights].map(([path, read]) => [path, read()])) };
  }
}
