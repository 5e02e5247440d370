// What the routes' schemas share: the failures a route may answer.
import type { FastifyInstance } from 'fastify';
import Type, { type TSchema } from '../contract/typebox.js';
import { NAMED_SCHEMAS } from '../contract/named-schemas.js';
import { Problem } from '../contract/problem.js';
import { named } from '../contract/schema.js';

export const addSchemas = (app: FastifyInstance): void => NAMED_SCHEMAS.forEach((schema) => void app.addSchema(schema));

/** Problem answers of a route: those of these statuses, and 401, which any route may give. */
export const problems = (...statuses: readonly number[]): Record<number, TSchema> =>
  Object.fromEntries([401, ...statuses].map((status) => [status, named(Problem)]));

/** Of one of these media types. */
const BYTES = Type.String({ format: 'binary' });
const bytesOf = (types: readonly string[]): Record<string, { schema: TSchema }> => Object.fromEntries(types.map((type) => [type, { schema: BYTES }]));

/** One Range of what may be sent in part, and that it is known already. */
export const inPart = (...types: readonly string[]) => ({ 206: { description: 'The part that was asked for.', content: bytesOf(types) }, 304: Type.Any() });
/** A file, whole or in part. */
export const fileAnswers = (description: string, ...types: readonly string[]) => ({ 200: { description, content: bytesOf(types) }, ...inPart(...types) });
/** Of whatever media type the file is. */
export const ANY_TYPE = '*/*';

/** What is looked at or asked, whatever means it now. */
export const ModelInPath = Type.String({ description: 'Id of a model, an alias, or a version of a name: digits@3, digits@latest.' });
