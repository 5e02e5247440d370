// What a training child does before its task is known: loads the engine, then trains a tiny network once. The first step of a
// process finds TensorFlow, its sessions and JavaScript itself cold; which of this saves what is in docs/decisions.md.
import { setImmediate } from 'node:timers/promises';
import type { DatasetContent } from '#contract/dataset.js';
import type { JobRequest } from '#contract/job-request.js';
import type { PackedDataset } from '#datasets/packed.js';
import { loadTensorFlow, type TensorFlow } from '#engine/native.js';
import { trainRun, type TrainedRun } from '#engine/train-run.js';
import { prepareData } from '#engine/training-data.js';
import { resolveSpec } from '#jobs/resolve.js';

/** Leaves the rehearsal out where the task has come by then: it takes longer than it would save that job. */
export async function warmUp(taskHasCome: () => boolean): Promise<void> {
  const { tf } = loadTensorFlow();
  await tf.ready();
  // A message that came while the engine loaded is heard once the event loop has gone all the way round.
  for (let phase = 0; phase < 2; phase += 1) await setImmediate();
  if (!taskHasCome()) await rehearse(tf);
  process.title = 'train-job waiting';
}

const BATCH = 4;
/** One more than whole batches, so that the short last batch is rehearsed too. */
const EXAMPLES = 4 * BATCH + 1;
const SHAPE = [4, 4, 1];

/** The way of a job from data to measures, on zeros. Leaves no tensor behind, and nothing that a job could see. */
export async function rehearse(tf: TensorFlow): Promise<TrainedRun> {
  const summary = { examples: EXAMPLES, class_counts: [EXAMPLES - 1, 1] };
  const content: DatasetContent = {
    input_shape: SHAPE,
    class_names: ['a', 'b'],
    parts: { train: summary, test: summary },
    split: null,
    preprocessing: { input: { shape: SHAPE, dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
    digest: '',
    size_bytes: 0,
  };
  const packed: PackedDataset = {
    content,
    part: async () => ({
      examples: EXAMPLES,
      inputs: new Uint8Array(EXAMPLES * SHAPE.reduce((product, size) => product * size)),
      labels: Int32Array.from({ length: EXAMPLES }, (_, index) => (index === 0 ? 1 : 0)),
    }),
  };
  const request: JobRequest = {
    type: 'pretrain',
    dataset: '',
    model: { architecture: 'mlp', hidden: [2] },
    training: { epochs: 2, batch_size: BATCH },
  };
  const spec = resolveSpec(request, { id: '', content }, null, Number.MAX_SAFE_INTEGER);
  const quiet = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
  return trainRun(tf, spec, spec.runs[0]!, await prepareData(tf, packed, spec), null, quiet);
}
