// Recording: a step function runs once, plainly, while every call of the native backend is written down.
import type { Tensor, TensorFlow, Variable } from '../native.js';
import { CaptureError } from './capture-error.js';
import { check } from './check.js';
import { nativeBackend, type DataId, type NativeAttribute, type NativeBackend } from '../native-backend.js';
import { prune } from './passes/prune.js';
import type { Attribute, AttributeKind, DType, Operation, Program, Source, Update, UpdateRule, ValueId, ValueType } from './program.js';

export interface StepToRecord {
  /** What is given anew in each step, by name. The tensors show type and shape; their values do not matter. */
  inputs: Readonly<Record<string, Tensor>>;
  /** Every state the step reads or changes, by name: weights and optimizer slots. */
  variables: ReadonlyMap<string, Variable>;
  /** The step. Its results belong to the caller of `record`, who gets them disposed. */
  run: () => Readonly<Record<string, Tensor>>;
}

/**
 * Runs the step once, with all its effects, and returns what it did.
 * @throws CaptureError where a replay would not do the same
 */
export function record(tf: TensorFlow, step: StepToRecord): Program {
  if (active) throw new CaptureError('nested_capture', 'record');
  active = new Recorder(nativeBackend(tf), step);
  try {
    return prune(check(active.record(tf)));
  } finally {
    active = undefined;
  }
}

/** Stateful random operations: another result each time, and none that a replay could repeat. */
const STATEFUL_RANDOM = /^(Random|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal|StatefulRandom|StatefulUniform)/;

/** As many elements as the values say. tfjs reads the shape off the first result and computes with it on the host. */
const SHAPE_OF_VALUES = /^(Unique|Where|NonMaxSuppression|SparseFillEmptyRows|SparseReshape|StringSplit|StringNGrams|RaggedRange)/;

const refuseToDraw = (): never => {
  throw new CaptureError('unseeded_random', 'Math.random');
};

let active: Recorder | undefined;

/**
 * Runs an update and, in a recording, marks it as one: a replay may use TensorFlow's own operation for the rule.
 * @param operands what it reads beside the variables, by role
 * @param variables what it changes, by role
 */
export function update(rule: UpdateRule, operands: Readonly<Record<string, Tensor>>, variables: Readonly<Record<string, Variable>>, run: () => void): void {
  const end = active?.beginUpdate(rule, operands, variables);
  run();
  end?.();
}

class Recorder {
  private readonly ids = new Map<DataId, ValueId>();
  private readonly types = new Map<ValueId, ValueType>();
  private readonly sources = new Map<ValueId, Source>();
  private readonly operations: Operation[] = [];
  private readonly madeInStep = new Map<DataId, string>();
  private readonly uploads = new Map<DataId, Uint8Array>();
  private readonly updates: Update[] = [];

  constructor(
    private readonly backend: NativeBackend,
    private readonly step: StepToRecord,
  ) {
    for (const [name, tensor] of Object.entries(step.inputs)) this.addGiven(tensor, { kind: 'input', name });
    for (const [name, variable] of step.variables) this.addGiven(variable, { kind: 'variable', name });
  }

  record(tf: TensorFlow): Program {
    const before = new Map([...this.step.variables].map(([name, variable]) => [name, variable.dataId]));
    const restore = this.watch();
    let results: Readonly<Record<string, Tensor>> = {};
    try {
      results = this.step.run();
      restore();
      if (this.operations.length === 0) throw new CaptureError('nothing_recorded', 'the step');
      const outputs = new Map(Object.entries(results).map(([name, tensor]) => [name, this.known(tensor, `result ${name}`)]));
      const writes = this.writes(before);
      this.requireNothingKept(results);
      const { types, sources, operations, updates } = this;
      return { types, sources, operations, updates, writes, outputs };
    } finally {
      restore();
      tf.dispose(Object.values(results));
    }
  }

  beginUpdate(rule: UpdateRule, given: Readonly<Record<string, Tensor>>, changed: Readonly<Record<string, Variable>>): () => void {
    const valuesOf = (tensors: Readonly<Record<string, Tensor>>, when = '') =>
      new Map(Object.entries(tensors).map(([role, tensor]) => [role, this.operand(tensor, `${rule}, ${when}${role}`)]));
    const names = new Map([...this.step.variables].map(([name, variable]) => [variable, name]));
    const variables = new Map(Object.entries(changed).map(([role, variable]) => [role, names.get(variable)]));
    const undeclared = [...variables].find(([, name]) => name === undefined);
    if (undeclared) throw new CaptureError('foreign_tensor', `${rule}, ${undeclared[0]}`);
    const begun = { rule, operands: valuesOf(given), variables: variables as Map<string, string>, starts: valuesOf(changed) };
    return () => void this.updates.push({ ...begun, results: valuesOf(changed, 'new '), native: false });
  }

  /** Puts the recorder between tfjs and the backend; the returned function takes it out again. */
  private watch(): () => void {
    const { backend } = this;
    const single = backend.executeSingleOutput.bind(backend);
    const multiple = backend.executeMultipleOutputs.bind(backend);
    const move = backend.move.bind(backend);
    const readSync = backend.readSync.bind(backend);

    backend.executeSingleOutput = (name, attributes, inputs) => {
      const result = single(name, attributes, inputs);
      this.add(name, attributes, inputs, [result]);
      return result;
    };
    backend.executeMultipleOutputs = (name, attributes, inputs, count) => {
      const results = multiple(name, attributes, inputs, count);
      this.add(name, attributes, inputs, results);
      return results;
    };
    backend.move = (dataId, values, shape, dtype, references) => {
      this.uploads.set(dataId, new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)));
      move(dataId, values, shape, dtype, references);
    };
    backend.readSync = (dataId) => {
      // What the step uploaded itself it may read: the kernels of tfjs do so with shapes and axes.
      if (!this.uploads.has(dataId)) throw new CaptureError('host_read', this.ids.has(dataId) ? `value %${this.ids.get(dataId)}` : 'a tensor from outside');
      return readSync(dataId);
    };
    // tfjs draws random tensors on the host and uploads them.
    const drawn = { random: Math.random }; // eslint-disable-line no-restricted-properties -- kept, to be put back
    Object.assign(Math, { random: refuseToDraw });
    // The methods themselves are the prototype's: taking ours away brings them back.
    return () => {
      Object.assign(Math, drawn);
      for (const method of ['executeSingleOutput', 'executeMultipleOutputs', 'move', 'readSync'] as const) {
        delete (backend as Partial<NativeBackend>)[method];
      }
    };
  }

  private add(op: string, attributes: NativeAttribute[], inputs: Tensor[], results: Tensor[]): void {
    if (STATEFUL_RANDOM.test(op)) throw new CaptureError('unseeded_random', op);
    if (SHAPE_OF_VALUES.test(op)) throw new CaptureError('shape_of_values', op);
    const operands = inputs.map((tensor, index) => this.operand(tensor, `${op}, input ${index}`));
    for (const tensor of results) this.madeInStep.set(tensor.dataId, op);
    this.operations.push({
      op,
      attributes: attributes.map((attribute) => this.attribute(op, attribute)),
      inputs: operands,
      outputs: results.map((tensor) => this.newValue(tensor)),
    });
  }

  /** A value the step has, or something it uploaded, which becomes a constant. */
  private operand(tensor: Tensor, place: string): ValueId {
    if (tensor.dataId === undefined) throw new CaptureError('int64_value', place);
    const id = this.ids.get(tensor.dataId);
    if (id !== undefined) return id;
    const bytes = this.uploads.get(tensor.dataId);
    if (!bytes) throw new CaptureError('foreign_tensor', place);
    return this.addSource(tensor, { kind: 'constant', bytes });
  }

  private known(tensor: Tensor, place: string): ValueId {
    const id = this.ids.get(tensor.dataId);
    if (id === undefined) throw new CaptureError('unknown_output', place);
    return id;
  }

  /** A variable that was assigned holds another buffer now; what made that buffer is its new value. */
  private writes(before: ReadonlyMap<string, DataId>): Map<string, ValueId> {
    const writes = new Map<string, ValueId>();
    for (const [name, variable] of this.step.variables) {
      if (variable.dataId !== before.get(name)) writes.set(name, this.operand(variable, `the new value of ${name}`));
    }
    return writes;
  }

  /** Such as the state that a layer of tfjs carries from call to call. */
  private requireNothingKept(results: Readonly<Record<string, Tensor>>): void {
    const held = new Set([...this.step.variables.values(), ...Object.values(results)].map(({ dataId }) => dataId));
    const uploads = [...this.uploads.keys()].map((dataId) => [dataId, 'an upload'] as const);
    for (const [dataId, place] of [...this.madeInStep, ...uploads]) {
      if (!held.has(dataId) && this.backend.refCount(dataId) > 0) throw new CaptureError('kept_tensor', place);
    }
  }

  /** Tensors are known by their buffers, so that a copy which shares the buffer would be taken for the tensor itself. */
  private addGiven(tensor: Tensor, source: Exclude<Source, { kind: 'constant' }>): void {
    if (this.backend.refCount(tensor.dataId) > 1) throw new CaptureError('shared_buffer', source.name);
    this.addSource(tensor, source);
  }

  private addSource(tensor: Tensor, source: Source): ValueId {
    const id = this.newValue(tensor);
    this.sources.set(id, source);
    return id;
  }

  private newValue(tensor: Tensor): ValueId {
    const id = this.types.size;
    this.ids.set(tensor.dataId, id);
    this.types.set(id, { dtype: tensor.dtype as DType, shape: [...tensor.shape] });
    return id;
  }

  private attribute(op: string, { name, type, value }: NativeAttribute): Attribute {
    const { binding } = this.backend;
    const kinds: [number | undefined, AttributeKind][] = [
      [binding.TF_ATTR_STRING, 'string'],
      [binding.TF_ATTR_INT, 'int'],
      [binding.TF_ATTR_FLOAT, 'float'],
      [binding.TF_ATTR_BOOL, 'bool'],
      [binding.TF_ATTR_TYPE, 'type'],
      [binding.TF_ATTR_SHAPE, 'shape'],
    ];
    const kind = kinds.find(([code]) => code === type)?.[1];
    if (!kind) throw new CaptureError('unknown_attribute', `${op}, ${name}`);
    return { name, kind, value: value as Attribute['value'] };
  }
}
