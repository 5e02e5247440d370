// A request to have a model in another format, verified in that format's own runtime.
import Type, { type Static } from './typebox.js';
import { EXPORT_FORMATS, QuantisationRequest } from './export-format.js';
import { DatasetId } from './ids.js';
import { JOB_COMMON } from './job-request.js';
import { modelAddress } from './model-address.js';
import { closed, oneOf } from './schema.js';

export const ExportRequest = closed(
  {
    type: Type.Literal('export'),
    model: modelAddress(', or the name of a base model of the catalogue that is here.'),
    format: oneOf(EXPORT_FORMATS, { description: 'GET /v1/jobs/schema?type=export lists them; the guide says what each carries.' }),
    quantize: Type.Optional(QuantisationRequest),
    max_drop: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Of a quantised model: how much of its accuracy may be lost, or of values by what part of the error of the model its own may be larger; more ends the job with EXPORT_INACCURATE. @default no limit',
      }),
    ),
    dataset: Type.Optional({ ...DatasetId, description: 'Its test part is what accuracy is measured on, and whose inputs the export is verified on. Left out: inputs made of those of the golden pairs.' }),
    name: JOB_COMMON.name,
    priority: JOB_COMMON.priority,
    limits: JOB_COMMON.limits,
    metadata: JOB_COMMON.metadata,
  },
  { title: 'export' },
);
export type ExportRequest = Static<typeof ExportRequest>;
