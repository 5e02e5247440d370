// A network as an ONNX model: each layer as the operators that do the same.
import type { Architecture, LayerClass } from '../../contract/layers.js';
import { NETWORK_INPUT } from '../../contract/branches.js';
import { outputShape, trace } from '../../models/architecture.js';
import type { Weights } from '../../models/weights.js';
import { ACTIVATION_WRITERS, MERGING_WRITERS, NORMALIZATION_WRITERS, REGULARIZATION_WRITERS } from './elementwise.js';
import type { LayerWriters } from './layer-writer.js';
import { OnnxValue } from './layout.js';
import { INPUT, OnnxModel, OUTPUT } from './model.js';
import { RECURRENT_WRITERS } from './recurrent.js';
import { DENSE_WRITERS, SHAPING_WRITERS } from './shaping.js';
import { CONVOLUTION_WRITERS, POOLING_WRITERS } from './windows.js';

/** The compiler demands one for each class. */
const WRITERS: LayerWriters<LayerClass> = {
  ...DENSE_WRITERS,
  ...CONVOLUTION_WRITERS,
  ...POOLING_WRITERS,
  ...NORMALIZATION_WRITERS,
  ...REGULARIZATION_WRITERS,
  ...MERGING_WRITERS,
  ...SHAPING_WRITERS,
  ...ACTIVATION_WRITERS,
  ...RECURRENT_WRITERS,
};

/**
 * @param metadata what travels in the file, by key
 * @returns the bytes of the model; it takes "inputs" and gives "outputs", float32, of any number of examples, channels last
 */
export function onnxBytes(architecture: Architecture, weights: Weights, metadata: Readonly<Record<string, string>>): Uint8Array {
  const model = new OnnxModel();
  const values = new Map([[NETWORK_INPUT, OnnxValue.channelsLast(model, INPUT, architecture.input_shape)]]);
  for (const { layer, from, output, weights: rules } of trace(architecture)) {
    const inputs = from.map((name) => values.get(name)!);
    const weight = (name: string) => ({ values: weights.get(`${layer.name}/${name}`)!, shape: rules.find((rule) => rule.name === name)!.shape });
    // The writer is that of the class that the settings are of.
    const write = WRITERS[layer.class_name];
    values.set(layer.name, write({ model, config: layer.config, inputs, input: inputs[0]!, output, weight } as never));
  }
  model.node('Identity', [values.get(architecture.layers.at(-1)!.name)!.channelsLast], {}, { output: OUTPUT });
  return model.bytes(architecture.input_shape, outputShape(architecture), metadata);
}
