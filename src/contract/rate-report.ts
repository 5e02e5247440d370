// What a learning rate range test found: the curve, and the rates that it suggests.
import Type, { type Static } from './typebox.js';
import { DatasetId, JobId } from './ids.js';
import { closed, nullable, Sha256 } from './schema.js';
import { ResolvedBase } from './training-specs.js';

/** Steps of a range test, at most. */
export const RANGE_STEPS = 100;

export const RatePoint = closed({
  step: Type.Integer({ description: 'From 1.' }),
  learning_rate: Type.Number(),
  loss: Type.Number({ description: 'Of the batch, before the step.' }),
  smoothed_loss: Type.Number({ description: 'The running mean of it, 0.98 of what it was, less its bias.' }),
});
export type RatePoint = Static<typeof RatePoint>;

export const RateReport = closed(
  {
    object: Type.Literal('rate_report'),
    job: JobId,
    base_model: nullable(ResolvedBase, 'null where the network is new.'),
    dataset: DatasetId,
    trainable: Type.Array(Type.String(), { description: 'The layers that learnt.' }),
    points: Type.Array(RatePoint),
    diverged: Type.Boolean({ description: 'Whether it ended before the hundredth step, the smoothed loss being more than four times its best, or no number.' }),
    suggestion: closed({
      valley: nullable(Type.Number(), 'Half-way down the longest fall of the smoothed loss.'),
      minimum: nullable(Type.Number(), 'A tenth of the rate at which the smoothed loss was lowest.'),
    }, { description: 'null where the curve is too short to say.' }),
    weights_digest: Type.String({ ...Sha256, description: 'Of the network after the test, which is that before it.' }),
  },
  { $id: 'RateReport', title: 'RateReport' },
);
export type RateReport = Static<typeof RateReport>;
