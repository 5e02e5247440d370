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
  private readonly madeInStep = new Set<DataId>();
  private readonly uploads = new Map<DataId, Uint8Array>();
  private readonly updates: Update[] = [];

  constructor(
    private readonly backend: NativeBackend,
    private readonly step: StepToRecord,
  ) {
    for (const [name, tensor] of Object.entries(step.inputs)) this.addSource(tensor, { kind: 'input', name });
    for (const [name, variable] of step.variables) {
      if (this.ids.has(variable.dataId)) throw new CaptureError('aliased_variables', name);
      this.addSource(variable, { kind: 'variable', name });
    }
  }

  record(tf: TensorFlow): Program {
    const before = new Map([...this.step.variables].map(([name, variable]) => [name, variable.dataId]));
    const restore = this.watch();
    try {
      const results = this.step.run();
      restore();
      if (this.operations.length === 0) throw new CaptureError('nothing_recorded', 'the step');
      const outputs = new Map(Object.entries(results).map(([name, tensor]) => [name, this.known(tensor, `result ${name}`)]));
      tf.dispose(Object.values(results));
      const { types, sources, operations, updates } = this;
      return { types, sources, operations, updates, writes: this.writes(before), outputs };
    } finally {
      restore();
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
      if (this.madeInStep.has(dataId)) throw new CaptureError('host_read', `value %${this.ids.get(dataId)}`);
      return readSync(dataId);
    };
    // The methods themselves are the prototype's: taking ours away brings them back.
    return () => {
      for (const method of ['executeSingleOutput', 'executeMultipleOutputs', 'move', 'readSync'] as const) {
        delete (backend as Partial<NativeBackend>)[method];
      }
    };
  }

  private add(op: string, attributes: NativeAttribute[], inputs: Tensor[], results: Tensor[]): void {
    if (STATEFUL_RANDOM.test(op)) throw new CaptureError('unseeded_random', op);
    const operands = inputs.map((tensor, index) => this.operand(tensor, `${op}, input ${index}`));
    for (const tensor of results) this.madeInStep.add(tensor.dataId);
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
