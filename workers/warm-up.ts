// What a training child does before its task is known: loads the engine, then trains a tiny network once. The first step of a
// process finds TensorFlow, its sessions and JavaScript itself cold; which of this saves what is in docs/decisions/jobs.md.
import { setImmediate } from 'node:timers/promises';
import { loadTensorFlow } from '#engine/native.js';

/** Leaves the rehearsal out where the task has come by then: it takes longer than it would save that job. */
export async function warmUp(taskHasCome: () => boolean): Promise<void> {
  const { tf } = loadTensorFlow();
  await tf.ready();
  // A message that came while the engine loaded is heard once the event loop has gone all the way round.
  for (let phase = 0; phase < 2; phase += 1) await setImmediate();
  // Loaded here: it resolves a request, and the schemas that takes are nothing a job needs.
  if (!taskHasCome()) await (await import('./rehearsal.js')).rehearse(tf);
  process.title = 'train-job waiting';
}
