// What is fuzzed: for each format the files an input consists of, who reads them, and words that mean something in it.
import type { DatasetSource } from '#contract/dataset.js';

/** The bytes of each file of a target, in its order. */
export type Input = readonly Uint8Array[];

export interface Target {
  readonly name: string;
  /** What the files of an input are called. */
  readonly files: readonly string[];
  readonly reader: 'dataset' | 'model';
  /** What a request may ask beside; the length of an input decides which. */
  readonly asked?: readonly Partial<DatasetSource>[];
  /** Put in here and there. */
  readonly words: readonly string[];
}

const NUMBERS = ['0', '-1', '1e309', '-0', '1e-320', '0x10', 'NaN', 'Infinity', '9007199254740993', '4294967296', '2147483648'];
const NAMES = ['../', '/', 'C:\\', '\0', '\ufeff', '\ud83d\ude00', '__proto__', 'constructor', 'toString', 'train/', 'test/', 'validation/'];
const JSON_WORDS = ['{', '}', '[', ']', ':', ',', '"', 'null', 'true', '\\u0000', '\\ud800', '"__proto__":1,'];
const KERAS_WORDS = [
  '"class_name":"Lambda"', '"batch_input_shape":[null,1]', '"units":', '"filters":0', '"kernel_size":[0,0]', '"strides":[4294967296,1]', '"data_format":"channels_first"',
  '"inbound_nodes":[]', '"quantization":{"dtype":"uint8","scale":0,"min":0}', '"dtype":"string"', '"paths":["../x"]', '"registered_name":"a>b"',
];

const GRAPH_WORDS = ['"op":"Placeholder"', '"op":"Identity"', '"op":"Mul"', '"input":["x:1"]', '"input":[]', '"^x"', '"list":{"i":["-1"]}', '"size":"-1"', '"size":"4294967296"', '"unknownRank":true', '"b":true', '"type":"DT_INT64"'];

export const TARGETS: readonly Target[] = [
  { name: 'zip', files: ['pictures.zip'], reader: 'dataset', words: ['PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07', 'labels.csv', '.png', '.jpg', 'file,label\n', ...NAMES] },
  { name: 'tar', files: ['pictures.tar'], reader: 'dataset', words: ['ustar\x0000', '././@LongLink', '7777777', '\x80\0\0\0\x7f\xff\xff\xff', '30 path=../x\n', '20 size=99999999\n', 'labels.jsonl', ...NAMES] },
  { name: 'csv', files: ['table.csv'], reader: 'dataset', asked: [{}, { task: 'regression' }, { table: { missing: 'bad_row' } }, { on_bad_rows: 'refuse' }], words: [',', ';', '\t', '"', '""', '\r', '\n', '\r\n', '\ufeff', '=1+1', 'label', 'split', 'train', 'test', 'NA', ...NUMBERS] },
  { name: 'jsonl', files: ['table.jsonl'], reader: 'dataset', asked: [{}, { task: 'regression' }], words: ['\n', ...JSON_WORDS, ...NUMBERS] },
  { name: 'idx', files: ['images-idx3-ubyte', 'labels-idx1-ubyte'], reader: 'dataset', words: ['\0\0\x08\x03', '\0\0\x0d\x01', '\0\0\x08\x00', '\xff\xff\xff\xff', '\0\0\0\x01', '\0\x01\0\0'] },
  { name: 'npy', files: ['x.npy', 'y.npy'], reader: 'dataset', words: ["'<f4'", "'>f8'", "'|O'", "'<U4'", "'|b1'", "'<f2'", "'<i8'", "'fortran_order': True", '(1099511627776,)', '(-1,)', '(0,)', '()', '\x93NUMPY\x03\0', ...NUMBERS] },
  { name: 'npz', files: ['arrays.npz'], reader: 'dataset', words: ['x_train.npy', 'y_test.npy', "'|O'", "'>i2'", "'<c8'", '(3, 4)', 'PK\x01\x02', ...NAMES] },
  { name: 'model-json', files: ['model.json', 'group1-shard1of1.bin'], reader: 'model', words: [...JSON_WORDS, ...NUMBERS, ...KERAS_WORDS, ...GRAPH_WORDS, ...NAMES] },
  { name: 'h5', files: ['model.h5'], reader: 'model', words: ['TREE', 'SNOD', 'HEAP', 'OHDR', 'OCHK', 'GCOL', 'BTHD', '\x89HDF\r\n\x1a\n', '\xff\xff\xff\xff\xff\xff\xff\xff', 'layer_names', 'weight_names', 'model_config', ...KERAS_WORDS] },
  { name: 'keras', files: ['model.keras'], reader: 'model', words: ['config.json', 'metadata.json', 'model.weights.h5', ...JSON_WORDS, ...KERAS_WORDS, ...NAMES] },
];

export function targetOf(name: string): Target {
  const found = TARGETS.find((target) => target.name === name);
  if (found) return found;
  throw new RangeError(`There is no target "${name}"; there are ${TARGETS.map((target) => target.name).join(', ')}.`);
}
