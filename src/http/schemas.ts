// What the routes' schemas share: the failures a route may answer.
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { NAMED_SCHEMAS } from '../contract/named-schemas.js';
import { Problem } from '../contract/problem.js';
import { named } from '../contract/schema.js';

export const addSchemas = (app: FastifyInstance): void => NAMED_SCHEMAS.forEach((schema) => void app.addSchema(schema));

/** Problem answers of a route: those of these statuses, and 401, which any route may give. */
export const problems = (...statuses: readonly number[]): Record<number, TSchema> =>
  Object.fromEntries([401, ...statuses].map((status) => [status, named(Problem)]));
