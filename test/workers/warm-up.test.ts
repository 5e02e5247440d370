// What a training child does before it knows its task.
import { expect, it } from '@jest/globals';
import { loadTensorFlow } from '#engine/native.js';
import { everyTestFreesItsTensors } from '../support/networks.js';
import { rehearse } from '../../workers/rehearsal.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

it('rehearses a job from its data to its measures, and leaves no tensor behind', async () => {
  const { result, weights } = await rehearse(tf);
  expect(Object.keys(result.metrics).sort()).toEqual(['accuracy', 'loss', 'test_accuracy', 'test_auc', 'test_loss']);
  expect([...weights.values()].every((values) => values.every(Number.isFinite))).toBe(true);
});
