// Layers that read a sequence step by step. Their gates lie side by side in one kernel: GRU update, reset, candidate; LSTM
// input, forget, cell, output.
import type { LayerConfig } from '../../contract/layers.js';
import type { RECURRENT_CONFIGS } from '../../contract/layers/recurrent.js';
import type { Shape } from '../../contract/shape.js';
import type { LayerRule } from './rule.js';
import type { RulesOf } from './rules-of.js';
import { sequence } from './sizes.js';
import { kerasActivated, kerasInitializer, kernel, withBias } from './weighted.js';

type Recurrent = LayerConfig<'SimpleRNN'>;

/** @param keptEachStep numbers kept of each step and unit, measured like those of kept.ts */
const recurrent = (gates: number, keptEachStep: number): LayerRule<Recurrent> => ({
  output(input, config) {
    const [steps] = sequence(input);
    return config.return_sequences === true ? [steps, config.units] : [config.units];
  },
  weights(input, config) {
    const width = gates * config.units;
    const kernels = [
      kernel('kernel', [sequence(input)[1], width], config.kernel_initializer),
      kernel('recurrent_kernel', [config.units, width], config.recurrent_initializer ?? 'orthogonal'),
    ];
    return withBias(kernels, width, config);
  },
  sizedBy: 'units',
  kernelUses: (input) => sequence(input)[0],
  kept: (input: Shape, _output, config) => sequence(input)[0] * config.units * keptEachStep,
  keras: (config) => ({
    units: config.units,
    ...kerasActivated(config, 'tanh'),
    kernel_initializer: kerasInitializer(config.kernel_initializer, 'glorot_uniform'),
    recurrent_initializer: kerasInitializer(config.recurrent_initializer, 'orthogonal'),
    dropout: 0,
    recurrent_dropout: 0,
    return_sequences: config.return_sequences ?? false,
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
  }),
});

const [simple, gru, lstm] = [recurrent(1, 3), recurrent(3, 14), recurrent(4, 14)];

export const RECURRENT_RULES: RulesOf<keyof typeof RECURRENT_CONFIGS> = {
  SimpleRNN: simple,
  GRU: {
    ...gru,
    keras: (config) => ({
      ...gru.keras(config),
      recurrent_activation: config.recurrent_activation ?? 'sigmoid',
      implementation: 1,
      reset_after: false,
    }),
  },
  LSTM: {
    ...lstm,
    weights: (input, config) =>
      lstm.weights!(input, config).map((weight) =>
        // The forget gate starts at 1 (Jozefowicz et al. 2015).
        weight.name === 'bias' && config.unit_forget_bias !== false ? { ...weight, initializer: 'lstm_bias' } : weight,
      ),
    keras: (config) => ({
      ...lstm.keras(config),
      recurrent_activation: config.recurrent_activation ?? 'sigmoid',
      // tfjs 4.22 leaks four tensors where it draws such a bias; the weights of the file replace it anyway.
      unit_forget_bias: false,
      implementation: 1,
    }),
  },
};
