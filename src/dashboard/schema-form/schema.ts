// JSON Schema as the service serves it, as far as a form needs it.
export interface Schema {
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
  title?: string;
  description?: string;
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  default?: unknown;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  items?: Schema;
  patternProperties?: Readonly<Record<string, Schema>>;
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxLength?: number;
}

export type Definitions = Readonly<Record<string, Schema>>;

/** What a `$ref` leads to, with what is said beside it. */
export function resolved(schema: Schema, definitions: Definitions): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  return { ...resolved(definitions[$ref.slice('#/$defs/'.length)] ?? {}, definitions), ...beside };
}

export const branchesOf = (schema: Schema): readonly Schema[] | undefined => schema.anyOf ?? schema.oneOf;

export type Kind = 'constant' | 'choice' | 'enum' | 'object' | 'record' | 'list' | 'number' | 'boolean' | 'text' | 'null' | 'json';

/** Which control a schema gets. */
export function kindOf(schema: Schema): Kind {
  if (schema.const !== undefined) return 'constant';
  if (branchesOf(schema)) return 'choice';
  if (schema.enum) return 'enum';
  // One without a field may still be closed: a layer that has nothing to say.
  if (schema.properties && (Object.keys(schema.properties).length > 0 || schema.additionalProperties === false)) return 'object';
  if (schema.type === 'object') return schema.patternProperties || typeof schema.additionalProperties === 'object' ? 'record' : 'json';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'boolean') return 'boolean';
  if (schema.type === 'string') return 'text';
  return schema.type === 'null' ? 'null' : 'json';
}

/** What a field begins with when it is added: the least that is accepted, as far as the schema says. */
export function starting(schema: Schema, definitions: Definitions): unknown {
  const { default: given, ...found } = resolved(schema, definitions);
  if (given !== undefined) return given;
  switch (kindOf(found)) {
    case 'constant': return found.const;
    case 'enum': return found.enum![0];
    case 'choice': return starting(branchesOf(found)![0]!, definitions);
    case 'object': return Object.fromEntries((found.required ?? []).map((name) => [name, starting(found.properties![name] ?? {}, definitions)]));
    case 'record': return {};
    case 'list': return Array.from({ length: found.minItems ?? 0 }, () => starting(found.items ?? {}, definitions));
    case 'number': return found.minimum ?? (found.exclusiveMinimum === 0 ? 0.01 : 0);
    case 'boolean': return true;
    case 'text': return '';
    default: return null;
  }
}

/** How well a value fits a schema, by its form alone; 0: not at all. The service has the last word. */
function fit(value: unknown, schema: Schema, definitions: Definitions): number {
  const found = resolved(schema, definitions);
  switch (kindOf(found)) {
    case 'constant': return value === found.const ? 3 : 0;
    case 'enum': return found.enum!.includes(value) ? 2 : 0;
    case 'choice': return Math.max(...branchesOf(found)!.map((branch) => fit(value, branch, definitions)));
    case 'object': return fitOfObject(value, found, definitions);
    case 'record': return isObject(value) ? 1 : 0;
    case 'list': return Array.isArray(value) && value.every((item) => fit(item, found.items ?? {}, definitions) > 0) ? 1 : 0;
    case 'number': return typeof value === 'number' ? 1 : 0;
    case 'boolean': return typeof value === 'boolean' ? 1 : 0;
    case 'text': return typeof value === 'string' ? 1 : 0;
    case 'null': return value === null ? 1 : 0;
    default: return 0.1;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

function fitOfObject(value: unknown, { properties = {}, required = [] }: Schema, definitions: Definitions): number {
  if (!isObject(value) || required.some((name) => !(name in value))) return 0;
  const constants = Object.entries(properties).filter(([name, field]) => name in value && kindOf(resolved(field, definitions)) === 'constant');
  if (constants.some(([name, field]) => value[name] !== resolved(field, definitions).const)) return 0;
  return 1 + constants.length + Object.keys(value).filter((name) => name in properties).length / 100;
}

/** Which of several forms a value has. */
export function branchOf(value: unknown, branches: readonly Schema[], definitions: Definitions): number {
  const fits = branches.map((branch) => fit(value, branch, definitions));
  return fits.indexOf(Math.max(...fits));
}

/** What a form is called in a list of forms. */
export function nameOf(schema: Schema, definitions: Definitions): string {
  const found = resolved(schema, definitions);
  if (found.const !== undefined) return JSON.stringify(found.const).replaceAll('"', '');
  return found.title ?? ({ enum: 'one of a list', list: 'a list', number: 'a number', text: 'a text', boolean: 'yes or no', null: 'none', json: 'JSON', record: 'pairs', choice: 'another', object: 'spelt out', constant: '' } as const)[kindOf(found)];
}
