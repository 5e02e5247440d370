// Layers that read a sequence step by step. ONNX takes [steps, examples, channels], and each gate's weights in an order of its own. Their activations
// are the usual ones (usual-activations.ts), which need not be written.
import type { RECURRENT_CONFIGS } from '../../contract/layers/recurrent.js';
import type { LayerPlace, LayerWriters } from './layer-writer.js';
import { transposed } from './layer-writer.js';
import { OnnxValue } from './layout.js';

/** At which place of ours the gates of ONNX lie. LSTM: input, output, forget, cell; ours are input, forget, cell, output. */
const GATES = { SimpleRNN: [0], GRU: [0, 1, 2], LSTM: [0, 3, 1, 2] } as const;
const OPS = { SimpleRNN: 'RNN', GRU: 'GRU', LSTM: 'LSTM' } as const;
type Recurrent = keyof typeof RECURRENT_CONFIGS;

/** [rows, gates · units] as ONNX has it: [1, gates · units, rows], gate by gate. */
function byGate(values: Float32Array, rows: number, units: number, gates: readonly number[]): Float32Array {
  const { values: columns } = transposed(values, [rows, gates.length * units], [1, 0]);
  const ordered = new Float32Array(values.length);
  gates.forEach((from, to) => ordered.set(columns.subarray(from * units * rows, (from + 1) * units * rows), to * units * rows));
  return ordered;
}

const recurrent = (layerClass: Recurrent) => ({ model, input, output, config, weight }: LayerPlace<Recurrent>): OnnxValue => {
  const gates = GATES[layerClass];
  const { units, return_sequences: all = false, use_bias: hasBias = true } = config;
  const [, channels] = input.shape as [number, number];
  const width = gates.length * units;
  const kernel = model.floats(byGate(weight('kernel').values, channels, units, gates), [1, width, channels]);
  const own = model.floats(byGate(weight('recurrent_kernel').values, units, units, gates), [1, width, units]);
  // Behind the bias of the input lies one of the state, which Keras does not have here.
  const bias = new Float32Array(2 * width);
  if (hasBias) bias.set(byGate(weight('bias').values, 1, units, gates));
  const steps = model.node('Transpose', [input.channelsLast], { perm: [1, 0, 2] });
  const operands = [steps, kernel, own, model.floats(bias, [1, 2 * width])];
  const settings = { hidden_size: { i: units } };
  if (all) {
    const states = model.node('Squeeze', [model.node(OPS[layerClass], operands, settings), model.integers([1])]);
    return OnnxValue.channelsLast(model, model.node('Transpose', [states], { perm: [1, 0, 2] }), output);
  }
  const last = model.node(OPS[layerClass], operands, settings, { skipped: 1 });
  return OnnxValue.channelsLast(model, model.node('Squeeze', [last, model.integers([0])]), output);
};

export const RECURRENT_WRITERS: LayerWriters<Recurrent> = { SimpleRNN: recurrent('SimpleRNN'), GRU: recurrent('GRU'), LSTM: recurrent('LSTM') };
