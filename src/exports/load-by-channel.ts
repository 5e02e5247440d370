// The module that travels with a model quantised by channel. Its text is what users import and what the service runs to verify the export:
// one source. It needs nothing but the TF.js that it is given.
import { CHANNEL_FORMAT } from './tfjs-layers.js';

export const LOADER_FILE = 'load.mjs';
export const CHANNEL_MODEL_FILE = 'model-by-channel.json';

export const LOADER = `// Loads the TensorFlow.js Layers model beside this file, whose weights are quantised by channel.
//
//   import * as tf from '@tensorflow/tfjs';
//   import { load } from './load.mjs';
//   const model = await load(tf);

/** @param tf TensorFlow.js @param base where the files lie @returns a tf.LayersModel */
export async function load(tf, base = new URL('.', import.meta.url)) {
  const answer = async (name) => {
    const found = await fetch(new URL(name, base));
    if (!found.ok) throw new Error(name + ': ' + found.status);
    return found;
  };
  const model = await (await answer('${CHANNEL_MODEL_FILE}')).json();
  return tf.loadLayersModel(tf.io.fromMemory(artifacts(model, await (await answer(model.shard)).arrayBuffer())));
}

/** What tf.io.fromMemory takes. @param model the content of ${CHANNEL_MODEL_FILE} @param bytes the content of its shard */
export function artifacts({ format, modelTopology, weights }, bytes) {
  if (format !== '${CHANNEL_FORMAT}') throw new Error('not a model quantised by channel: ' + format);
  let offset = 0;
  const arrays = weights.map(({ shape, channels }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const width = channels ? { uint8: 1, uint16: 2 }[channels.dtype] : 4;
    const own = bytes.slice(offset, offset + length * width);
    offset += length * width;
    if (!channels) return new Float32Array(own);
    const levels = width === 1 ? new Uint8Array(own) : new Uint16Array(own);
    const { scale, min } = channels;
    return Float32Array.from(levels, (level, at) => level * scale[at % scale.length] + min[at % scale.length]);
  });
  const data = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const values of arrays) {
    data.set(values, place);
    place += values.length;
  }
  return { modelTopology, weightSpecs: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })), weightData: data.buffer };
}
`;
