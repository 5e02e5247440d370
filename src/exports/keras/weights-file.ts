// model.weights.h5 as Keras 3 lays it out: each layer's weights, numbered, under its class and a count; those of a recurrent layer in its cell.
import { readFile, writeFile } from 'node:fs/promises';
import h5wasm, { File } from 'h5wasm/node';
import type { Architecture } from '../../contract/layers.js';
import { trace } from '../../models/architecture.js';
import type { Weights } from '../../models/weights.js';

const RECURRENT = ['SimpleRNN', 'GRU', 'LSTM'];

/** `Conv2D` → `conv2d`, as keras.src.utils.naming.to_snake_case does it. */
const snakeCase = (className: string): string =>
  className.replace(/\W+/g, '').replace(/(.)([A-Z][a-z]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();

/** Writes the file at that path, which must not be there. The same weights give the same bytes. */
export async function writeKerasWeights(path: string, architecture: Architecture, weights: Weights): Promise<void> {
  await h5wasm.ready;
  write(path, architecture, weights);
  await writeFile(path, withoutTimes(await readFile(path)));
}

function write(path: string, architecture: Architecture, weights: Weights): void {
  // Groups in the old style, whose names any reader finds.
  const file = new File(path, 'w', { libver: ['earliest', 'latest'] });
  try {
    file.create_group('vars');
    const layers = file.create_group('layers');
    const counts = new Map<string, number>();
    for (const { layer, weights: rules } of trace(architecture)) {
      const stem = snakeCase(layer.class_name);
      const count = counts.get(stem) ?? 0;
      counts.set(stem, count + 1);
      const group = layers.create_group(count === 0 ? stem : `${stem}_${count}`);
      const isRecurrent = RECURRENT.includes(layer.class_name);
      const own = group.create_group('vars');
      const held = isRecurrent ? group.create_group('cell').create_group('vars') : own;
      rules.forEach(({ name, shape }, at) => held.create_dataset({ name: String(at), data: weights.get(`${layer.name}/${name}`)!, shape: [...shape], dtype: '<f4' }));
    }
  } finally {
    file.close();
  }
}

/** The head of a message of an old-style object header that says when the object was changed, of eight bytes and of version 1: its type, its size, its flags. */
const TIME_MESSAGE = Buffer.from([0x12, 0, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0]);

/** HDF5 writes down when each array was made, and h5wasm has no switch for it. What only looks like such a message would be found when the file is read back. */
function withoutTimes(file: Buffer): Buffer {
  for (let at = file.indexOf(TIME_MESSAGE); at >= 0; at = file.indexOf(TIME_MESSAGE, at + 1)) file.fill(0, at + TIME_MESSAGE.length, at + TIME_MESSAGE.length + 4);
  return file;
}
