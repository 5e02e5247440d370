// What a schema finds wrong in a value, by the library that the service checks with.
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';

const ajv = new Ajv({ allErrors: true, discriminator: true, strict: false });
formats.default(ajv).addSchema([...NAMED_SCHEMAS]);

/** Pointers of what is wrong, with the keyword that found it; empty where the value is accepted. */
export const checker = (schema: TSchema) => {
  const { $id: id } = schema as { $id?: string };
  const check = id === undefined ? ajv.compile(schema) : ajv.getSchema(id)!;
  return (value: unknown): string[] => (check(value) ? [] : check.errors!.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`));
};
