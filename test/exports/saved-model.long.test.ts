// TensorFlow for Python loads what is written for it, a SavedModel for each layer class and each built-in architecture, and gives what the network gives.
// in-python.ts says which Python.
import { describe, expect, it, jest } from '@jest/globals';
import { VERIFIED_INPUTS } from '#contract/export-report.js';
import { loadTensorFlow } from '#engine/native.js';
import { SAVED_MODEL } from '#exports/formats/saved-model.js';
import { BUILT_IN, settledInputs, settledWeights } from './architectures.js';
import { BY_TENSORFLOW, farnessInPython, type PythonCase } from './in-python.js';
import { drawnInputs, drawnWeights, LAYER_CASES } from './layer-cases.js';

jest.setTimeout(1_200_000);

const { tf } = loadTensorFlow();
const beyond = (far: Record<string, number>, tolerance = SAVED_MODEL.tolerance): [string, number][] => Object.entries(far).filter(([, difference]) => !(difference <= tolerance));

describe('TensorFlow for Python', () => {
  it('agrees with the network on every layer class', async () => {
    const cases = LAYER_CASES.map(([name, architecture]): PythonCase =>
      ({ name, format: 'saved_model', architecture, weights: drawnWeights(architecture), inputs: drawnInputs(architecture, 3), count: 3 }));
    expect(beyond(await farnessInPython(tf, BY_TENSORFLOW, cases))).toEqual([]);
  });

  it('agrees on every built-in architecture, of a hundred inputs', async () => {
    const cases = await Promise.all(BUILT_IN.map(async ([name, architecture]): Promise<PythonCase> =>
      ({ name, format: 'saved_model', architecture, weights: await settledWeights(tf, architecture), inputs: settledInputs(architecture, VERIFIED_INPUTS), count: VERIFIED_INPUTS })));
    expect(beyond(await farnessInPython(tf, BY_TENSORFLOW, cases))).toEqual([]);
  });
});
