// What an export came to: the files, how far they lie from the model in their own runtime, and what fewer bits cost.
import Type, { type Static } from './typebox.js';
import { EXPORT_FORMATS, Quantisation } from './export-format.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { BundleFile } from './model.js';
import { closed, nullable, oneOf, Sha256 } from './schema.js';

/** How many inputs an export is verified on, where there are as many. */
export const VERIFIED_INPUTS = 100;

/** How the written model compares with the one it was made of. */
export const ExportVerification = closed({
  runtime: Type.String({ description: 'What ran the written files.' }),
  inputs: Type.Integer({ description: 'How many it ran on.' }),
  inputs_from: oneOf(['dataset', 'golden_pairs'], { description: 'dataset: the first of its test part. golden_pairs: those of the bundle, and mixtures of them.' }),
  largest_difference: Type.Number({ description: 'Of an output from that of the model, with the weights as the files hold them.' }),
  accepted: Type.Number({ description: 'The largest difference that would have been accepted: that of the format, or of a network that turns roundings into more, a few times what those come to.' }),
});
export type ExportVerification = Static<typeof ExportVerification>;

/** What a quantised model is worth. */
export const ExportAccuracy = closed({
  measured_on: oneOf(['test_part', 'verified_inputs'], { description: 'test_part: of the data set. verified_inputs: where none was named; what the model itself says there counts as right.' }),
  examples: Type.Integer(),
  metric: oneOf(['accuracy', 'mean_absolute_error']),
  before: Type.Number({ description: 'Of the model.' }),
  after: Type.Number({ description: 'Of the quantised one.' }),
  drop: Type.Number({ description: 'What is lost: of accuracy the difference, of an error the part by which it is larger. Below 0 where nothing is.' }),
});
export type ExportAccuracy = Static<typeof ExportAccuracy>;

export const ExportReport = closed(
  {
    object: Type.Literal('export_report'),
    job: JobId,
    model: ModelId,
    weights_digest: Type.String({ ...Sha256, description: 'Of the model.' }),
    format: oneOf(EXPORT_FORMATS),
    quantize: nullable(Quantisation),
    dataset: nullable(DatasetId),
    files: Type.Array(BundleFile, { description: 'Those of the format; with labels.json, preprocessing.json and golden.json of the model.' }),
    verification: ExportVerification,
    accuracy: nullable(ExportAccuracy, 'null where the weights are as the model has them.'),
  },
  { $id: 'ExportReport', title: 'ExportReport' },
);
export type ExportReport = Static<typeof ExportReport>;
