// One of several things by its name, each with its own settings: what may be sent, what is shown resolved, and the defaults
// that lead from the one to the other, all from one table.
import Type, { type Static, type TProperties, type TSchema, type TSchemaOptions } from './typebox.js';
import { closed, discriminated } from './schema.js';

/** Settings by name; each schema has its default. */
export type SettingsTable = Readonly<Record<string, Readonly<Record<string, TSchema>>>>;

type SettingsOf<T extends Readonly<Record<string, TSchema>>> = { -readonly [S in keyof T]: Static<T[S]> };

/** One of the table as a caller names it, with `C` that all have. */
export type Asked<T extends SettingsTable, C = object> = { [N in keyof T & string]: { name: N } & C & Partial<SettingsOf<T[N]>> }[keyof T & string];
/** One of the table with nothing left open. */
export type Resolved<T extends SettingsTable, N extends keyof T> = { [M in N]: { name: M } & SettingsOf<T[M]> }[N];

const optional = (settings: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, schema]) => [name, Type.Optional(schema)]));

const branches = (table: SettingsTable, settingsOf: (settings: Readonly<Record<string, TSchema>>) => TProperties) =>
  discriminated('name', Object.entries(table).map(([name, settings]) => closed({ name: Type.Literal(name), ...settingsOf(settings) }, { title: name })));

/** What a caller may send: a name, `common` settings that all have, and those of its own that differ from the default. */
const requestSchema = (table: SettingsTable, common: TProperties = {}) => branches(table, (settings) => ({ ...common, ...optional(settings) }));

/** The same with nothing left open. */
const resolvedSchema = (table: SettingsTable) => branches(table, (settings) => settings);

/** What was asked for, with the default of everything else. Settings that the table does not have are left out. */
function withDefaults(table: SettingsTable, asked: { name: string }): { name: string } {
  const given = asked as Readonly<Record<string, unknown>>;
  const settings = Object.entries<TSchema & { default?: unknown }>(table[asked.name]!);
  return { name: asked.name, ...Object.fromEntries(settings.map(([name, schema]) => [name, given[name] ?? schema.default])) };
}

/**
 * All that follows from a table: its names, the schema of what may be sent (`<id>Request`), that of what is shown resolved (`<id>`), and what leads from the one to the other.
 * @param asking what is said of a request
 * @param common settings that all have in a request, and none when it is resolved
 */
export function choice<const T extends SettingsTable, C = object>(id: string, table: T, asking: TSchemaOptions = {}, common: TProperties = {}) {
  return {
    names: Object.keys(table) as (keyof T & string)[],
    request: Type.Unsafe<Asked<T, C>>({ $id: `${id}Request`, title: `${id}Request`, ...asking, ...requestSchema(table, common) }),
    settings: Type.Unsafe<Resolved<T, keyof T & string>>({ $id: id, title: id, ...resolvedSchema(table) }),
    resolve: <R extends Asked<T, C>>(asked: R) => withDefaults(table, asked) as Resolved<T, R['name']>,
  };
}
