// The kernels of these tests.
import { expect, it } from '@jest/globals';
import { childEnvironment } from '#children/subprocess.js';

it('are those of the service’s children: leave TF_ENABLE_ONEDNN_OPTS unset, npm test sets it', () => {
  expect(process.env.TF_ENABLE_ONEDNN_OPTS).toBe(childEnvironment(1).TF_ENABLE_ONEDNN_OPTS);
});
