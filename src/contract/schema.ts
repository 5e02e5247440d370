// The shapes every schema here is built from: closed objects, closed sets of words, unions told apart by one field, values that may be null.
import Type, { type Static, type TProperties, type TSchema, type TSchemaOptions } from './typebox.js';

/** An object that refuses keys it does not know. */
export const closed = <P extends TProperties>(properties: P, options: TSchemaOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** One of a fixed list of words. */
export const oneOf = <const W extends readonly string[]>(words: W, options: TSchemaOptions = {}) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...words], ...options });

/** A union whose branch is named by one required property: errors then speak of that branch alone. */
export const discriminated = <const S extends readonly TSchema[]>(propertyName: string, branches: S) =>
  Type.Unsafe<Static<S[number]>>({
    type: 'object',
    required: [propertyName],
    discriminator: { propertyName },
    oneOf: [...branches],
  });

/** A value, or null. */
export const nullable = <S extends TSchema>(schema: S, description?: string) => Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

/** A list page: newest first, followed with `?after=<last_id>`. */
export const listOf = <S extends TSchema>(item: S) =>
  closed({
    object: Type.Literal('list'),
    data: Type.Array(item),
    first_id: Type.Union([Type.String(), Type.Null()]),
    last_id: Type.Union([Type.String(), Type.Null()]),
    has_more: Type.Boolean(),
  });
export interface ListOf<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC.' });
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, lower-case hexadecimal.' });

/** Printable, no control, bidirectional or zero-width characters. */
export const DISPLAY_NAME_PATTERN =
  '^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ud800-\\udfff\\ufeff]+$';
export const LONGEST_DISPLAY_NAME = 128;

/** A name people read. */
export const DisplayName = Type.String({ minLength: 1, maxLength: LONGEST_DISPLAY_NAME, pattern: DISPLAY_NAME_PATTERN });

/** Free words a caller attaches to a resource; never read by the service. */
export const Metadata = Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }), Type.String({ maxLength: 512 }), {
  additionalProperties: false,
  maxProperties: 16,
});

/**
 * A named schema (one with an `$id`) where it is used. All of them are listed in contract/named-schemas.ts; who checks values
 * adds that list first.
 */
export const named = <S extends TSchema>(schema: S) => Type.Unsafe<Static<S>>({ $ref: `${(schema as { $id?: string }).$id}#` });
