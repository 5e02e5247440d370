// What tfjs-node's backend can do beyond the public API: the two methods all native work goes through, uploads, reads, the
// door to saved models. Written down here because the library does not export these types.
import type { Tensor, TensorFlow } from './native.js';

export interface NativeAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** Identity of a buffer; a new object for each. */
export type DataId = object;

export interface NativeBackend {
  executeSingleOutput(name: string, attributes: NativeAttribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attributes: NativeAttribute[], inputs: Tensor[], count: number): Tensor[];
  /** Every upload passes here, `write` too. */
  move(dataId: DataId, values: ArrayBufferView, shape: number[], dtype: string, references: number): void;
  readSync(dataId: DataId): ArrayBufferView;
  /** How many tensors share the buffer; 0 for one that is gone. */
  refCount(dataId: DataId): number;
  runSavedModel(id: number, inputs: Tensor[], names: { name: string; dtype: string }[], outputs: string[]): Tensor[];
  loadSavedModelMetaGraph(path: string, tags: string): number;
  deleteSavedModel(id: number): void;
  tensorMap: { set(dataId: DataId, info: object): void };
  binding: Record<string, number>;
}

export const nativeBackend = (tf: TensorFlow): NativeBackend => tf.backend() as unknown as NativeBackend;

/** Bytes as a uint8 tensor, which tfjs itself cannot make (it would widen them to int32, four times the size). */
export function bytesTensor(tf: TensorFlow, bytes: Uint8Array, shape: number[]): Tensor {
  const backend = nativeBackend(tf);
  const dataId: DataId = {};
  backend.tensorMap.set(dataId, { shape, dtype: backend.binding.TF_UINT8, values: bytes, id: -1, refCount: 1 });
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: 'int32' });
}

const OPERATIONS = { uniform: 'StatelessRandomUniform', normal: 'StatelessRandomNormal' } as const;

/**
 * Uniform numbers in [0, 1), or normal ones of mean 0 and variance 1, by TensorFlow's own counter-based generator (Philox4x32-10, Salmon et al., SC'11), as a function
 * of the key alone: the same numbers come out of a recorded graph.
 * @param key int32 [2]
 */
export function statelessRandom(tf: TensorFlow, distribution: 'uniform' | 'normal', shape: number[], key: Tensor): Tensor {
  const backend = nativeBackend(tf);
  const type = (name: string, dtype: string) => ({ name, type: backend.binding.TF_ATTR_TYPE!, value: backend.binding[dtype] });
  const attributes = [type('T', 'TF_INT32'), type('Tseed', 'TF_INT32'), type('dtype', 'TF_FLOAT')];
  const size = tf.tensor1d(shape, 'int32');
  const drawn = backend.executeSingleOutput(OPERATIONS[distribution], attributes, [size, key]);
  size.dispose();
  return drawn;
}
