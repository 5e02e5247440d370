// The way of a job from data to measures, on zeros, so that a waiting child has been through it once.
import type { DatasetContent } from '#contract/dataset.js';
import type { JobRequest } from '#contract/job-request.js';
import { volume } from '#contract/shape.js';
import type { PackedDataset } from '#datasets/packed.js';
import { rowsInMemory } from '#datasets/rows.js';
import type { TensorFlow } from '#engine/native.js';
import { trainRun, type TrainedRun } from '#engine/train-run.js';
import { prepareData } from '#engine/training-data.js';
import { resolveSpec } from '#jobs/resolve.js';

const BATCH = 4;
/** One more than whole batches, so that the short last batch is rehearsed too. */
const EXAMPLES = 4 * BATCH + 1;
const SHAPE = [4, 4, 1];

/** Leaves no tensor behind, and nothing that a job could see. */
export async function rehearse(tf: TensorFlow): Promise<TrainedRun> {
  const summary = { examples: EXAMPLES, class_counts: [EXAMPLES - 1, 1] };
  const content: DatasetContent = {
    input_shape: SHAPE,
    task: 'classification',
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
      labels: Int32Array.from({ length: EXAMPLES }, (_, index) => (index === 0 ? 1 : 0)),
      rows: rowsInMemory(new Uint8Array(EXAMPLES * volume(SHAPE)), SHAPE),
    }),
    close: async () => undefined,
  };
  const request: JobRequest = {
    type: 'pretrain',
    dataset: '',
    model: { architecture: 'mlp', hidden: [2] },
    training: { epochs: 2, batch_size: BATCH },
  };
  const spec = resolveSpec(request, { id: '', content }, null, Number.MAX_SAFE_INTEGER);
  const quiet = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
  return trainRun(tf, spec, spec.runs[0]!, await prepareData(packed, spec), null, quiet);
}
