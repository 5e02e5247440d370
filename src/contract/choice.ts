// One of several things by its name, each with its own settings: what may be sent, what is shown resolved, and the defaults
// that lead from the one to the other, all from one table.
import Type, { type Static, type TProperties, type TSchema } from 'typebox';
import { closed, discriminated } from './schema.js';

/** Settings by name; each schema has its default. */
export type SettingsTable = Readonly<Record<string, Readonly<Record<string, TSchema>>>>;

export type SettingsOf<T extends Readonly<Record<string, TSchema>>> = { -readonly [S in keyof T]: Static<T[S]> };

const optional = (settings: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, schema]) => [name, Type.Optional(schema)]));

const branches = (table: SettingsTable, settingsOf: (settings: Readonly<Record<string, TSchema>>) => TProperties) =>
  discriminated('name', Object.entries(table).map(([name, settings]) => closed({ name: Type.Literal(name), ...settingsOf(settings) }, { title: name })));

/** What a caller may send: a name, `common` settings that all have, and those of its own that differ from the default. */
export const requestSchema = (table: SettingsTable, common: TProperties = {}) => branches(table, (settings) => ({ ...common, ...optional(settings) }));

/** The same with nothing left open. */
export const resolvedSchema = (table: SettingsTable) => branches(table, (settings) => settings);

/** What was asked for, with the default of everything else. Settings that the table does not have are left out. */
export function withDefaults(table: SettingsTable, asked: { name: string }): { name: string } {
  const given = asked as Readonly<Record<string, unknown>>;
  const settings = Object.entries<TSchema & { default?: unknown }>(table[asked.name]!);
  return { name: asked.name, ...Object.fromEntries(settings.map(([name, schema]) => [name, given[name] ?? schema.default])) };
}
