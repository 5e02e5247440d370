// Keras itself reads what is written for it, a file for each layer class and each built-in architecture, and gives what the network gives. in-python.ts says
// which Python.
import { describe, expect, it, jest } from '@jest/globals';
import { VERIFIED_INPUTS } from '#contract/export-report.js';
import { loadTensorFlow } from '#engine/native.js';
import { requireCarried } from '#exports/carried.js';
import { KERAS } from '#exports/formats/keras.js';
import { BUILT_IN, settledInputs, settledWeights } from './architectures.js';
import { BY_KERAS, farnessInPython, type PythonCase } from './in-python.js';
import { drawnInputs, drawnWeights, LAYER_CASES } from './layer-cases.js';

jest.setTimeout(1_200_000);

const { tf } = loadTensorFlow();

const isCarried = ([, architecture]: (typeof LAYER_CASES)[number]): boolean => {
  try {
    requireCarried('keras', architecture);
    return true;
  } catch {
    return false;
  }
};
const beyond = (far: Record<string, number>): [string, number][] => Object.entries(far).filter(([, difference]) => !(difference <= KERAS.tolerance));

describe('Keras 3', () => {
  it('agrees with the network on every layer class', async () => {
    const cases = LAYER_CASES.filter(isCarried).map(([name, architecture]): PythonCase =>
      ({ name, format: 'keras', architecture, weights: drawnWeights(architecture), inputs: drawnInputs(architecture, 3), count: 3 }));
    expect(beyond(await farnessInPython(tf, BY_KERAS, cases))).toEqual([]);
  });

  it('agrees on every built-in architecture, of a hundred inputs', async () => {
    const cases = await Promise.all(BUILT_IN.map(async ([name, architecture]): Promise<PythonCase> =>
      ({ name, format: 'keras', architecture, weights: await settledWeights(tf, architecture), inputs: settledInputs(architecture, VERIFIED_INPUTS), count: VERIFIED_INPUTS })));
    expect(beyond(await farnessInPython(tf, BY_KERAS, cases))).toEqual([]);
  });
});
