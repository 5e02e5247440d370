// The named schemas of the API: registered once, referred to by name, so that the OpenAPI file names them too.
import type { FastifyInstance } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import { Dataset } from '../contract/dataset.js';
import { JobEvent } from '../contract/event.js';
import { Job, JobSummary } from '../contract/job.js';
import { Model } from '../contract/model.js';
import { Problem } from '../contract/problem.js';
import { System } from '../contract/system.js';

const NAMED = [Problem, Dataset, Job, JobSummary, JobEvent, Model, System];

export const addSchemas = (app: FastifyInstance): void => NAMED.forEach((schema) => void app.addSchema(schema));

/** A named schema where it is used. */
export const named = <S extends TSchema>(schema: S) => Type.Unsafe<Static<S>>({ $ref: `${(schema as { $id?: string }).$id}#` });

/** The failures a route may answer, beside those that every route may. */
export const problems = <const S extends readonly number[]>(...statuses: S) =>
  Object.fromEntries([401, ...statuses].map((status) => [status, named(Problem)])) as Record<number, TSchema>;
