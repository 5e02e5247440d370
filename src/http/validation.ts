// Schemas to checks, and what a check finds to sentences with pointers. Bodies are taken as they are: nothing is coerced,
// stripped or filled in. Query values arrive as text and are read as numbers where the schema has a number.
import { Ajv, type ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../contract/errors.js';
import { NAMED_SCHEMAS } from '../contract/named-schemas.js';

const OPTIONS = { allErrors: true, discriminator: true, strict: false, validateFormats: true } as const;
/** Enough to mend a request; a hostile body cannot make a long answer. */
const MOST_ERRORS = 20;

/** A schema that only documents: what it describes is read as a stream and checked on the way. */
export const DOCUMENTS_ONLY = 'x-read-as-stream';

export function useValidation(app: FastifyInstance): void {
  const bodies = new Ajv(OPTIONS);
  const queries = new Ajv({ ...OPTIONS, coerceTypes: true });
  for (const ajv of [bodies, queries]) formats.default(ajv).addSchema([...NAMED_SCHEMAS]);

  app.setValidatorCompiler(({ schema, httpPart }) => {
    if (DOCUMENTS_ONLY in (schema as object)) return () => true;
    const check = (httpPart === 'body' ? bodies : queries).compile(schema as object);
    return (value: unknown) => {
      if (check(value)) return { value };
      return { error: failureOf(check.errors ?? [], value) };
    };
  });
  // Answers are made by the service from typed values; tests hold them to their schemas (test/http/answers.test.ts).
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
}

/** What is wrong with a value, as one failure that a caller can act on. */
export function failureOf(found: readonly ErrorObject[], value: unknown): ServiceError {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return ServiceError.of('INVALID_JSON', 'it must be an object');
  }
  const [first, ...rest] = mostSpecific(found).filter(saysMore).slice(0, MOST_ERRORS).map(sentence);
  return ServiceError.all([first!, ...rest]);
}

/** Where the field that names the form is missing, "required" says so already. */
const saysMore = ({ keyword, params }: ErrorObject): boolean =>
  keyword !== 'discriminator' || (params as { tagValue?: unknown }).tagValue !== undefined;

function sentence(error: ErrorObject): ServiceError {
  const { keyword, instancePath, params } = error as ErrorObject & { params: Record<string, unknown> };
  if (keyword === 'additionalProperties') {
    const field = String(params.additionalProperty);
    const place = instancePath === '' ? 'the request' : instancePath;
    return ServiceError.of('UNKNOWN_FIELD', field, place).at(`${instancePath}/${escapePointer(field)}`);
  }
  if (keyword === 'required') {
    const field = String(params.missingProperty);
    return ServiceError.of('MISSING_FIELD', field).at(`${instancePath}/${escapePointer(field)}`);
  }
  if (keyword === 'enum') {
    return ServiceError.of('INVALID_VALUE', `must be one of ${(params.allowedValues as unknown[]).join(', ')}`).at(instancePath);
  }
  if (keyword === 'discriminator') {
    const tag = String(params.tag);
    const branches = (error.parentSchema as { oneOf?: { properties: Record<string, { const: string }> }[] } | undefined)?.oneOf;
    const words = branches?.map((branch) => branch.properties[tag]?.const).join(', ');
    const why = params.error === 'mapping' && words ? `must be one of ${words}` : 'must be a known word';
    return ServiceError.of('INVALID_VALUE', why).at(`${instancePath}/${tag}`);
  }
  if (keyword === 'const') return ServiceError.of('INVALID_VALUE', `must be ${JSON.stringify(params.allowedValue)}`).at(instancePath);
  return ServiceError.of('INVALID_VALUE', error.message ?? 'is not acceptable').at(instancePath);
}

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Where a value may have one of several forms, every form complains. Only the complaints of the nearest form are of use: the
 * one that fails deepest, then with the fewest errors.
 */
function mostSpecific(found: readonly ErrorObject[]): ErrorObject[] {
  const union = found.find(({ keyword }) => keyword === 'anyOf');
  if (!union) return found.filter(({ keyword }) => keyword !== 'oneOf');

  const branchOf = ({ schemaPath }: ErrorObject): string | undefined =>
    schemaPath.startsWith(`${union.schemaPath}/`) ? schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0] : undefined;
  const branches = new Map<string, ErrorObject[]>();
  for (const error of found) {
    const branch = branchOf(error);
    if (branch !== undefined) branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  const mismatch = (errors: ErrorObject[]): number =>
    errors.filter(({ instancePath, keyword }) => instancePath === union.instancePath && keyword !== 'anyOf').length * 1000 + errors.length;
  const [nearest] = [...branches.values()].sort((a, b) => mismatch(a) - mismatch(b));
  const others = found.filter((error) => error !== union && branchOf(error) === undefined);
  return mostSpecific([...(nearest ?? []), ...others]);
}
