// Schemas to checks, and what a check finds to sentences with pointers. Bodies are taken as they are: nothing is coerced,
// stripped or filled in. Query values arrive as text and are read as numbers where the schema has a number.
import { Ajv, type ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../contract/errors.js';
import { pointerPart } from '../contract/pointer.js';
import { NAMED_SCHEMAS } from '../contract/named-schemas.js';
import { withoutOtherForms } from './nearest-form.js';

// Each schema becomes one function that others call, as it is. Written out wherever it is referred to, and optimized, the check of a job took ten
// times as long to compile, to begin with, and each time (docs/decisions/api.md).
const AS_FUNCTIONS = { inlineRefs: false, code: { optimize: false } } as const;
const OPTIONS = { allErrors: true, verbose: true, discriminator: true, strict: false, ...AS_FUNCTIONS } as const;
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
    const ajv = httpPart === 'body' ? bodies : queries;
    const check = ajv.compile(schema as object);
    return (value: unknown) => {
      if (check(value)) return { value };
      return { error: failureOf(ajv, check.errors ?? [], value) };
    };
  });
  // Answers are made by the service from typed values; tests hold them to their schemas (test/http/answers.test.ts).
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
}

/** What is wrong with a value, as one failure that a caller can act on. */
export function failureOf(ajv: Ajv, found: readonly ErrorObject[], value: unknown): ServiceError {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return ServiceError.of('INVALID_JSON', 'it must be an object');
  }
  // One complaint about each place is enough to mend it.
  const byPlace = new Map<string | undefined, ServiceError>();
  for (const error of withoutOtherForms(ajv, found).filter(saysMore)) {
    if (byPlace.size === MOST_ERRORS) break;
    const said = sentence(error);
    if (!byPlace.has(said.pointer)) byPlace.set(said.pointer, said);
  }
  const [first, ...rest] = byPlace.values();
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
    return ServiceError.of('UNKNOWN_FIELD', field, place).at(`${instancePath}/${pointerPart(field)}`);
  }
  if (keyword === 'required') {
    const field = String(params.missingProperty);
    return ServiceError.of('MISSING_FIELD', field).at(`${instancePath}/${pointerPart(field)}`);
  }
  const place = keyword === 'discriminator' ? `${instancePath}/${String(params.tag)}` : instancePath;
  return ServiceError.of('INVALID_VALUE', whyNot(error)).at(place);
}

/** What a value must be, as the end of a sentence about it. */
function whyNot({ keyword, params, message, parentSchema }: ErrorObject): string {
  const facts = params as Record<string, unknown>;
  switch (keyword) {
    case 'enum':
      return `must be one of ${(facts.allowedValues as unknown[]).join(', ')}`;
    case 'const':
      return `must be ${JSON.stringify(facts.allowedValue)}`;
    case 'anyOf':
      return (facts.any as ErrorObject[]).map(whyNot).join(' or ');
    case 'discriminator': {
      const forms = (parentSchema as { oneOf: { properties: Record<string, { const: string }> }[] }).oneOf;
      return `must be one of ${forms.map(({ properties }) => properties[String(facts.tag)]?.const).join(', ')}`;
    }
    default:
      return message ?? 'is not acceptable';
  }
}
