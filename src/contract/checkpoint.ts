// A checkpoint of a job, as it is listed.
import Type, { type Static } from './typebox.js';
import { FlatMetrics } from './run.js';
import { closed, Sha256, Timestamp } from './schema.js';

export const Checkpoint = closed(
  {
    id: Type.String({ examples: ['ckpt_0197a2c4d5e67f8091a2b3c4d5e6f708'] }),
    object: Type.Literal('checkpoint'),
    job: Type.String(),
    name: Type.String({ examples: ['000001-000003'], description: 'Tells it from the others of its job; a fine-tuning may start from it by this name or by its id.' }),
    created_at: Timestamp,
    attempt: Type.Integer({ description: 'The attempt that wrote it.' }),
    run: Type.String(),
    stage: Type.Integer(),
    epoch: Type.Integer(),
    step: Type.Integer({ description: 'Steps of the run that are done.' }),
    metrics: FlatMetrics,
    best: Type.Boolean({ description: 'Whether its validation loss is the lowest of the checkpoints of its run.' }),
    size_bytes: Type.Integer(),
    sha256: Sha256,
  },
  { $id: 'Checkpoint', title: 'Checkpoint' },
);
export type Checkpoint = Static<typeof Checkpoint>;
