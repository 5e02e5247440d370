// Every layer class and every built-in architecture, in every format, run by the runtime of the format.
import { describe, expect, it } from '@jest/globals';
import type { ExportFormat } from '#contract/export-format.js';
import { VERIFIED_INPUTS } from '#contract/export-report.js';
import type { Architecture } from '#contract/layers.js';
import { volume } from '#contract/shape.js';
import { loadTensorFlow } from '#engine/native.js';
import { requireCarried } from '#exports/carried.js';
import { FORMATS } from '#exports/formats/registry.js';
import { network } from '../support/networks.js';
import { BUILT_IN, settledInputs, settledWeights } from './architectures.js';
import { farness } from './farness.js';
import { drawnWeights, LAYER_CASES } from './layer-cases.js';

const { tf } = loadTensorFlow();

const isCarried = (format: ExportFormat, architecture: Architecture): boolean => {
  try {
    requireCarried(format, architecture);
    return true;
  } catch {
    return false;
  }
};

describe.each(Object.keys(FORMATS) as ExportFormat[])('%s', (format) => {
  const carried = LAYER_CASES.filter(([, architecture]) => isCarried(format, architecture));

  it.each(carried)('gives what the network gives, of one example and of three: %s', async (_name, architecture) => {
    expect((await farness(tf, format, architecture, drawnWeights(architecture), [3, 1])).farthest).toBeLessThanOrEqual(1);
  });

  const { tolerance, mostInputs = VERIFIED_INPUTS } = FORMATS[format];
  const builtIn = BUILT_IN.filter(([, architecture]) => isCarried(format, architecture));
  it.each(builtIn)('gives what a built-in architecture gives, of a hundred inputs, or eight: %s', async (_name, architecture) => {
    expect((await farness(tf, format, architecture, drawnWeights(architecture), [mostInputs])).farthest).toBeLessThanOrEqual(1);
  });

  it.each(builtIn)(`is within ${tolerance} of a built-in architecture with weights as training leaves them: %s`, async (_name, architecture) => {
    expect((await farness(tf, format, architecture, await settledWeights(tf, architecture), [mostInputs], settledInputs)).difference).toBeLessThanOrEqual(tolerance);
  });
});

describe('what a format cannot carry', () => {
  const upSampling = network([4, 4, 1], [{ class_name: 'UpSampling2D', name: 'up', config: { interpolation: 'bilinear' } }]);
  const gru = network([4, 2], [{ class_name: 'GRU', name: 'reads', config: { units: 2, activation: 'relu' } }]);

  it('names the layer and the reason', () => {
    expect(() => requireCarried('keras', upSampling)).toThrow('The format "keras" cannot carry layer "up" (UpSampling2D): Keras 3 interpolates otherwise.');
    expect(() => requireCarried('onnx', gru)).toThrow('The format "onnx" cannot carry layer "reads" (GRU): its activation is not tanh, which is what is written.');
  });

  it('is carried by others', () => {
    for (const format of ['tfjs_layers', 'tfjs_graph', 'saved_model'] as const) for (const architecture of [upSampling, gru]) requireCarried(format, architecture);
  });

  it('is a network of more bytes than a file of it may have', () => {
    const large = network([65_536], [{ class_name: 'Dense', config: { units: 65_536 } }]);
    expect(volume([65_536, 65_536]) * 4).toBeGreaterThan(2 ** 31);
    expect(() => requireCarried('saved_model', large)).toThrow('4295032832 parameters');
  });
});
