// The child that loads the engine once at a worker's start, so that a broken one is known before the first job.
import { loadTensorFlow } from '#engine/native.js';
import { runChild } from './child.js';

runChild('probe', async () => {
  const { tf, engine } = loadTensorFlow();
  await tf.ready();
  return engine;
});
