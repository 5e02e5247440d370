// The network for tables: layers and parameters as the paper has them, a step of training, and the written model.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import { weightsOf } from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import { volume } from '#contract/shape.js';
import { dataset, everyTestFreesItsTensors, pretrain, softmaxOver, specOf, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
beforeAll(() => tf.ready());

describe('the network for tables', () => {
  everyTestFreesItsTensors(tf);

  it('has by default the two blocks of 192 units and their parameters', () => {
    const network = requestedArchitecture({ architecture: 'tabular' }, [20], softmaxOver(3));
    expect(network.layers.map(({ name }) => name)).toEqual([
      'input_dense',
      ...[1, 2].flatMap((block) => ['bn', 'expand', 'relu', 'dropout', 'project', 'add'].map((part) => `block_${block}_${part}`)),
      'output_bn', 'output_relu', 'predictions',
    ]);
    const learning = weightsOf(network).filter(({ learns }) => learns).reduce((sum, { shape }) => sum + volume(shape), 0);
    const block = 2 * 192 + (192 * 384 + 384) + (384 * 192 + 192);
    expect(learning).toBe(20 * 192 + 192 + 2 * block + 2 * 192 + 192 * 3 + 3);
  });

  it('adds to each block what went into it, behind its last dropout', () => {
    const network = requestedArchitecture({ architecture: 'tabular', blocks: 2, width: 4, residual_dropout: 0.5 }, [3], softmaxOver(2));
    const sums = network.layers.filter(({ class_name: layerClass }) => layerClass === 'Add').map(({ inputs }) => inputs);
    expect(sums).toEqual([['input_dense', 'block_1_project_dropout'], ['block_1_add', 'block_2_project_dropout']]);
  });

  it('learns, in recorded steps, what three stripes tell apart', async () => {
    const request = pretrain({
      model: { architecture: 'tabular', blocks: 1, width: 16 },
      training: { epochs: 5, batch_size: 16, optimizer: { name: 'adam', learning_rate: 0.01 }, seed: 7 },
    });
    const spec = specOf(request, dataset({ shape: [4, 4, 1] }));
    const told: [string, object][] = [];
    const { result } = await trainRun(tf, spec, spec.runs[0]!, stripesData(), null, { onEvent: (...event) => told.push(event), onMetrics: () => undefined, onSteps: async () => undefined });
    expect(told).toContainEqual(['run.steps_ready', expect.objectContaining({ captured: true })]);
    expect(result.metrics.test_accuracy).toBeGreaterThan(0.9);
  });
});
