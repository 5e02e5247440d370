// Models: what a succeeded job leaves behind, and the files of its bundle.
import Type, { type Static } from 'typebox';
import { DatasetId, JobId, ModelId } from './ids.js';
import { FlatMetrics, ResolvedBase } from './job.js';
import { Architecture } from './layers.js';
import { Preprocessing } from './dataset.js';
import { closed, named, oneOf, Sha256, Timestamp } from './schema.js';
import { TASKS } from './task.js';

export const BundleFile = closed(
  { name: Type.String(), size_bytes: Type.Integer(), sha256: Sha256, media_type: Type.String() },
  { title: 'BundleFile' },
);
export type BundleFile = Static<typeof BundleFile>;

export const Model = closed(
  {
    id: ModelId,
    object: Type.Literal('model'),
    name: Type.Union([Type.String(), Type.Null()]),
    created_at: Timestamp,
    job: JobId,
    dataset: DatasetId,
    base_model: Type.Union([ResolvedBase, Type.Null()]),
    architecture: named(Architecture),
    parameters: Type.Integer(),
    task: Type.Optional(oneOf(TASKS, { description: 'Left out where an earlier version made the model: classification.' })),
    labels: Type.Array(Type.String(), { description: 'What the outputs mean, in order: classes, or names of values.' }),
    preprocessing: Preprocessing,
    metrics: FlatMetrics,
    weights_digest: Sha256,
    files: Type.Array(BundleFile),
  },
  { $id: 'Model', title: 'Model' },
);
export type Model = Static<typeof Model>;
