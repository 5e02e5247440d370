// A schema that stands alone: the named ones that it refers to lie within it, so that any validator takes it as it is.
import type { TSchema } from 'typebox';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** @param named all schemas with a name of their own (contract/named-schemas.ts) */
export function selfContained(schema: TSchema, named: readonly TSchema[]): JsonSchema {
  const byName = new Map(named.map((each) => [(each as { $id?: string }).$id, each]));
  const definitions: Record<string, unknown> = {};
  const define = (name: string): string => {
    if (!(name in definitions)) {
      definitions[name] = {}; // one that refers to itself finds it there
      definitions[name] = copied(byName.get(name));
    }
    return `#/$defs/${name}`;
  };
  const copied = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copied);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).filter(([key]) => key !== '$id');
    return Object.fromEntries(entries.map(([key, inner]) => [key, key === '$ref' ? define(String(inner).replace(/#$/, '')) : copied(inner)]));
  };
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...(copied(schema) as JsonSchema), $defs: definitions };
}

/** What is taken where nothing is said, by pointer: of fields that do not depend on a choice between forms. */
export function defaultsOf(schema: JsonSchema): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const definitions = schema.$defs as Readonly<Record<string, JsonSchema>>;
  const look = (part: JsonSchema, pointer: string): void => {
    if ('default' in part) found[pointer] ??= part.default;
    if (typeof part.$ref === 'string') return look(definitions[part.$ref.slice('#/$defs/'.length)]!, pointer);
    for (const form of (part.anyOf ?? []) as JsonSchema[]) if (form.properties) look(form, pointer);
    for (const [name, field] of Object.entries((part.properties ?? {}) as Record<string, JsonSchema>)) look(field, `${pointer}/${name}`);
  };
  look(schema, '');
  return found;
}
