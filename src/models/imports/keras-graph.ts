// The layers of a Keras network in the order in which they follow each other, networks within the network taken apart. Read are the
// JSON of Keras 2 and of TensorFlow.js (inbound_nodes of names) and that of Keras 3 (inbound_nodes of arguments).
import { ServiceError } from '../../contract/errors.js';
import { MOST_LAYERS } from '../../contract/layers.js';
import { kerasLayer } from './keras-layers.js';
import { isRecord, type Json, type Parsed, type SourceGraph, type SourceLayer, type SourceModel, type StoredWeight } from './source.js';

/** Where a layer stands in a network that may hold networks. */
export interface LayerPlace {
  /** Names from the outermost network that holds it inwards, its own last. */
  readonly names: readonly string[];
  /** The group of a Keras 3 weights file that holds it, such as `layers/sequential/layers/conv2d_1`. */
  readonly savedAs: string;
}

/** Finds stored weights by the layer they belong to. */
export interface WeightFinder {
  /** @param index which of the layer's weights it is, counted from 0 in Keras's own order */
  find(place: LayerPlace, name: string, index: number): StoredWeight | undefined;
  /** Names of those that no layer has asked for. */
  left(): readonly string[];
}

type Output = SourceLayer | undefined;

const SEQUENTIAL = ['Sequential'];
const FUNCTIONAL = ['Model', 'Functional'];
const isNetwork = (className: string): boolean => SEQUENTIAL.includes(className) || FUNCTIONAL.includes(className);
const INPUT = 'InputLayer';

const DEEPEST = 8;
/** With the inputs of the networks within, which are no layers of ours. */
const MOST_ENTRIES = 2 * MOST_LAYERS;

/** Packages whose classes are Keras's own; any other may call one of its own Dense. */
const OF_KERAS = /^(?:keras|tf_keras|tensorflow\.(?:python\.)?keras)(?:\.|$)/;

const unsupported = (why: string): ServiceError => ServiceError.of('MODEL_NOT_SUPPORTED', why);

/**
 * A network as Keras writes it.
 * @param topology JSON of Keras 2, Keras 3 or TensorFlow.js
 * @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED, LAYER_NOT_ALLOWED for a network of a class of its own, LAYER_UNUSED
 */
export const kerasModel = (topology: unknown, weights: WeightFinder, parsed: Parsed): SourceModel => ({
  graph: readGraph(topology, weights, parsed),
  unclaimed: () => weights.left(),
  file: parsed.file,
});

function readGraph(topology: unknown, weights: WeightFinder, parsed: Parsed): SourceGraph {
  const walk = new Walk(weights, parsed);
  const outer = parsed.record(topology, 'its topology');
  const model = isRecord(outer.model_config) ? outer.model_config : outer;
  const className = parsed.text(model.class_name, 'its class_name');
  requireKerasOwn(model, 'the network itself');
  if (!isNetwork(className)) throw ServiceError.of('LAYER_NOT_ALLOWED', 'the network itself', className.slice(0, 64));
  const output = walk.network(className, model.config, { names: [], savedAs: '' }, undefined);
  if (output === undefined) throw parsed.corrupt('it has no layers');
  return { layers: walk.layers, inputShape: walk.inputShape };
}

/** Keras 3 writes where a class is from. @throws LAYER_NOT_ALLOWED for one of its maker's own, whatever its name */
function requireKerasOwn({ module, class_name: className, registered_name: registered }: Json, layer: string): void {
  const refuse = (shown: string): ServiceError => ServiceError.of('LAYER_NOT_ALLOWED', layer.slice(0, 128), shown.slice(0, 64));
  if (typeof registered === 'string' && registered.includes('>')) throw refuse(registered);
  if (typeof module === 'string' && !OF_KERAS.test(module)) throw refuse(`${module}.${String(className)}`);
}

/** One layer of a network as it is listed there. */
interface Entry {
  className: string;
  config: Json;
  name: string;
  inbound: readonly string[];
  place: LayerPlace;
}

class Walk {
  readonly layers: SourceLayer[] = [];
  inputShape: readonly (number | null)[] | undefined;
  private entries = 0;

  constructor(
    private readonly weights: WeightFinder,
    private readonly parsed: Parsed,
  ) {}

  /** Adds the layers of a network that is given the output of `input`. @returns the layer that gives its output */
  network(className: string, config: unknown, place: LayerPlace, input: Output): Output {
    if (place.names.length > DEEPEST) throw unsupported(`networks lie in networks more than ${DEEPEST} deep`);
    // Older TensorFlow.js wrote the layers of a Sequential as its whole config.
    const settings: Json = Array.isArray(config) ? { layers: config } : this.parsed.record(config, 'the config of a network');
    const entries = this.listed(settings, place, SEQUENTIAL.includes(className));
    if (place.names.length === 0) this.noteShape(settings.build_input_shape);
    return SEQUENTIAL.includes(className) ? this.chain(entries, input) : this.graph(entries, settings, input);
  }

  private listed(settings: Json, place: LayerPlace, isChain: boolean): Entry[] {
    const list = this.parsed.list(settings.layers, 'the layers of a network');
    this.entries += list.length;
    if (this.entries > MOST_ENTRIES) throw unsupported(`it has ${this.entries} layers or more; at most ${MOST_LAYERS} are read`);
    const counts = new Map<string, number>();
    return list.map((value) => {
      const written = this.parsed.record(value, 'a layer');
      const className = this.parsed.text(written.class_name, 'the class_name of a layer');
      const config = Array.isArray(written.config) ? { layers: written.config } : this.parsed.record(written.config, 'the config of a layer');
      const name = this.parsed.text(written.name ?? config.name ?? className, 'the name of a layer');
      requireKerasOwn(written, name);
      // Keras 3 saves weights under the class and a count, never under the name.
      const stem = snakeCase(className);
      const count = counts.get(stem) ?? 0;
      counts.set(stem, count + 1);
      return {
        className,
        config,
        name,
        inbound: isChain ? [] : this.inbound(written.inbound_nodes, name),
        place: {
          names: [...place.names, name],
          savedAs: `${place.savedAs}${place.savedAs && '/'}layers/${stem}${count === 0 ? '' : `_${count}`}`,
        },
      };
    });
  }

  private chain(entries: readonly Entry[], input: Output): Output {
    let last = input;
    for (const entry of entries) last = this.take(entry, [last]);
    return last;
  }

  private graph(entries: readonly Entry[], settings: Json, input: Output): Output {
    const known = new Map(entries.map((entry) => [entry.name, entry]));
    if (known.size < entries.length) throw this.parsed.corrupt('two of its layers have one name');
    const [start, ...furtherInputs] = this.ends(settings.input_layers);
    const [end, ...furtherOutputs] = this.ends(settings.output_layers);
    if (furtherInputs.length > 0) throw unsupported(`a network has ${1 + furtherInputs.length} inputs; one is read`);
    if (furtherOutputs.length > 0) throw unsupported(`a network has ${1 + furtherOutputs.length} outputs; one is read`);
    if (start === undefined || end === undefined) throw this.parsed.corrupt('a network names no input or no output');

    const outputs = new Map<string, Output>();
    const visiting = new Set<string>();
    const visit = (name: string, wantedBy: string): Output => {
      if (outputs.has(name)) return outputs.get(name);
      const entry = known.get(name);
      if (!entry) throw this.parsed.corrupt(`"${wantedBy.slice(0, 64)}" takes the output of a layer "${name.slice(0, 64)}" that there is not`);
      if (visiting.has(name)) throw this.parsed.corrupt(`its layers form a circle at "${name.slice(0, 64)}"`);
      visiting.add(name);
      if (entry.inbound.length === 0 && name !== start) throw this.parsed.corrupt(`layer "${name.slice(0, 64)}" takes nothing`);
      const from = name === start ? [input] : entry.inbound.map((each) => visit(each, name));
      const output = this.take(entry, from);
      visiting.delete(name);
      outputs.set(name, output);
      return output;
    };
    const used = new Set([end, ...entries.flatMap(({ inbound }) => inbound)]);
    const loose = entries.find(({ name }) => !used.has(name));
    if (loose) throw ServiceError.of('LAYER_UNUSED', loose.name.slice(0, 64));
    // As they are listed, so that a network that is in order stays as it was written.
    for (const { name } of entries) visit(name, name);
    const last = visit(end, 'its end');
    if (last !== this.layers.at(-1)) throw ServiceError.of('LAYER_UNUSED', this.layers.at(-1)?.names.at(-1)?.slice(0, 64) ?? '');
    return last;
  }

  private take(entry: Entry, from: readonly Output[]): Output {
    const { className, config, place } = entry;
    this.noteShape(config.batch_input_shape ?? config.batch_shape);
    if (className === INPUT) return from[0];
    if (isNetwork(className)) {
      if (from.length !== 1) throw unsupported(`the network "${entry.name.slice(0, 64)}" within it takes ${from.length} inputs; one is read`);
      return this.network(className, config, place, from[0]);
    }
    const layer = kerasLayer({ className, config, names: place.names, from, weight: (name, index) => this.weights.find(place, name, index) }, this.parsed);
    this.layers.push(layer);
    return layer;
  }

  /** The first shape that is met is that of the network's input. */
  private noteShape(value: unknown): void {
    if (this.inputShape !== undefined || !Array.isArray(value)) return;
    const sizes = value.slice(1) as unknown[];
    const fits = sizes.length >= 1 && sizes.length <= 4 && sizes.every((size) => size === null || (Number.isSafeInteger(size) && (size as number) > 0));
    if (!fits) throw this.parsed.corrupt('the shape of its input is none');
    this.inputShape = sizes as (number | null)[];
  }

  /** Names in `input_layers` and `output_layers`: of [name, call, output] or a list of such. */
  private ends(value: unknown): string[] {
    const list = this.parsed.list(value, 'the ends of a network');
    return typeof list[0] === 'string' ? [this.origin(list)] : list.map((each) => this.origin(this.parsed.list(each, 'an end of a network')));
  }

  private origin([name, call, output]: readonly unknown[]): string {
    if (call !== 0 || output !== 0) throw unsupported(`layer "${String(name).slice(0, 64)}" is called more than once, or has several outputs`);
    return this.parsed.text(name, 'the name of a layer');
  }

  private inbound(value: unknown, layer: string): string[] {
    const calls = this.parsed.list(value ?? [], 'inbound_nodes');
    if (calls.length > 1) throw unsupported(`layer "${layer.slice(0, 64)}" is called ${calls.length} times; once is read`);
    const [call] = calls;
    if (call === undefined) return [];
    if (isRecord(call)) return this.arguments(call, layer);
    const inputs = this.parsed.list(call, 'an inbound node');
    return (typeof inputs[0] === 'string' ? [inputs] : inputs).map((each) => {
      const [name, node, output, settings] = this.parsed.list(each, 'an inbound node');
      if (isRecord(settings)) this.requireNoArguments(settings, layer);
      return this.origin([name, node, output]);
    });
  }

  /** Keras 3: tensors among the arguments of the call, alone or in a list. */
  private arguments(call: Json, layer: string): string[] {
    const given = this.parsed.list(call.args ?? [], 'the arguments of a call');
    if (isRecord(call.kwargs)) this.requireNoArguments(call.kwargs, layer);
    const tensors = given.length === 1 && Array.isArray(given[0]) ? (given[0] as unknown[]) : given;
    return tensors.map((value) => {
      const tensor = this.parsed.record(value, 'an argument of a call');
      if (tensor.class_name !== '__keras_tensor__') throw unsupported(`layer "${layer.slice(0, 64)}" is called with a value of its own`);
      return this.origin(this.parsed.list(this.parsed.record(tensor.config, 'a tensor').keras_history, 'keras_history'));
    });
  }

  /** What a call may say beside its inputs is nothing that changes what the layer gives. */
  private requireNoArguments(settings: Json, layer: string): void {
    const odd = Object.entries(settings).find(([name, value]) => value !== null && !(name === 'training' && value === false));
    if (odd) throw unsupported(`layer "${layer.slice(0, 64)}" is called with ${odd[0].slice(0, 64)}`);
  }
}

/** As Keras does it: Conv2D is conv2d, BatchNormalization batch_normalization, ReLU re_lu. */
const snakeCase = (name: string): string =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
