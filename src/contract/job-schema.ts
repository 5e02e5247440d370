// What a kind of job takes, answered by GET /v1/jobs/schema.
import Type, { type Static } from './typebox.js';
import { JOB_TYPES } from './job.js';
import { closed, oneOf } from './schema.js';

export const JobSchema = closed(
  {
    object: Type.Literal('job_schema'),
    type: oneOf(JOB_TYPES),
    schema: Type.Object({}, { additionalProperties: true, description: 'JSON Schema (2020-12) of the body of POST /v1/jobs, with all that it refers to.' }),
    defaults: Type.Record(Type.String(), Type.Unknown(), { description: 'By pointer, what is taken where nothing is said, as far as it does not depend on the data: that is in the spec of a dry run.' }),
    limits: closed({
      memory_bytes: Type.Integer({ description: 'That one job may need.' }),
      steps: Type.Integer({ description: 'Of all runs of a job.' }),
      epochs: Type.Integer({ description: 'Of a stage.' }),
      seeds: Type.Integer({ description: 'That a comparison takes, be it with a baseline.' }),
      candidates: Type.Integer({ description: 'That a comparison takes.' }),
      layers: Type.Integer({ description: 'Of a network.' }),
      run_seconds: Type.Integer({ description: 'That a limit or a budget may say.' }),
    }),
    template: Type.Object({}, { additionalProperties: true, description: 'A request that is accepted as it is, on the newest data set that fits; less what is missing.' }),
    missing: Type.Array(Type.String(), { description: 'Pointers of what there is nothing for yet.' }),
  },
  { $id: 'JobSchema', title: 'JobSchema' },
);
export type JobSchema = Static<typeof JobSchema>;
