// What people say of a model: beside its bundle, which never changes.
//   annotations/<model>/model.json   its name where that was changed, stage, notes, words, and the aliases it was given
//   aliases/<alias>.json             which model an alias means: the last that it was given to
// Which version of its name it is was written once (versions.ts).
import { ServiceError } from '../contract/errors.js';
import { ALIAS_PATTERN, MOST_STAGE_CHANGES, type Model, type ModelChange, type ModelStage, type StageChange } from '../contract/model.js';
import { readRecord, recordKind, writeRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { giveVersion, versionGiven } from './versions.js';

interface Annotation {
  /** Left out where the name is the one that it was made with. */
  name?: string | null;
  notes: string | null;
  metadata: Record<string, string>;
  aliases: string[];
  /** Left out, as its history is, where nobody has changed it. */
  stage?: ModelStage;
  stage_history?: StageChange[];
}
const NOTHING_SAID: Annotation = { notes: null, metadata: {}, aliases: [] };
const NO_STAGE = { stage: 'none', stage_history: [] } as const satisfies Pick<Annotation, 'stage' | 'stage_history'>;

/** What follows /v1/models/ otherwise. */
const TAKEN = ['catalogue', 'imports', 'versions'];

const prefixOf = (model: string): string => `annotations/${model}`;
const ANNOTATION = recordKind<Annotation>('model_annotation', 1, (id) => `${prefixOf(id)}/model.json`);
const ALIAS = recordKind<{ model: string }>('model_alias', 1, (alias) => `aliases/${alias}.json`);

/** The model with what is said of it. An alias that another was given since is that one's. */
export async function annotated(store: Store, model: Model): Promise<Model> {
  const said = (await readRecord(store, ANNOTATION, model.id)) ?? NOTHING_SAID;
  const own = await Promise.all(said.aliases.map(async (alias) => ((await findAlias(store, alias)) === model.id ? [alias] : [])));
  const name = said.name === undefined ? model.name : said.name;
  const version = name === null ? null : await versionGiven(store, name, model.id);
  return { ...model, ...NO_STAGE, ...said, version, aliases: own.flat() };
}

/** The model that an alias means, which may have been deleted since. */
export const findAlias = async (store: Store, alias: string): Promise<string | undefined> => (isAlias(alias) ? (await readRecord(store, ALIAS, alias))?.model : undefined);

const isAlias = (text: string): boolean => new RegExp(ALIAS_PATTERN).test(text);

/**
 * Changes what is said; what the change leaves out stays. Aliases that it takes away mean nothing any more, those that it gives mean this model from now on.
 * @throws INVALID_VALUE for an alias that could not be asked for
 */
export async function annotate(store: Store, model: Model, change: ModelChange): Promise<Model> {
  const before = (await readRecord(store, ANNOTATION, model.id)) ?? NOTHING_SAID;
  change.aliases?.forEach((alias, at) => {
    if (TAKEN.includes(alias) && !before.aliases.includes(alias)) throw ServiceError.of('INVALID_VALUE', `must not be "${alias}": /v1/models/${alias} is something else`).at(`/aliases/${at}`);
  });
  const after: Annotation = { ...before, ...change, ...staged(before, change.stage) };
  // Before the name: a model never has one without the version of it.
  if (typeof change.name === 'string') await giveVersion(store, change.name, model.id);
  await writeRecord(store, ANNOTATION, model.id, after);
  for (const alias of before.aliases.filter((one) => !after.aliases.includes(one))) await forgetAlias(store, alias, model.id);
  for (const alias of change.aliases ?? []) await writeRecord(store, ALIAS, alias, { model: model.id });
  return annotated(store, model);
}

/** A change to what it is already is none. */
function staged({ stage: from = 'none', stage_history: history = [] }: Annotation, to: ModelStage | undefined): Pick<Annotation, 'stage' | 'stage_history'> {
  if (to === undefined || to === from) return {};
  return { stage: to, stage_history: [...history, { from, to, at: new Date().toISOString() }].slice(-MOST_STAGE_CHANGES) };
}

/** For a model that is no more. */
export async function forgetAnnotation(store: Store, model: string): Promise<void> {
  const said = (await readRecord(store, ANNOTATION, model)) ?? NOTHING_SAID;
  for (const alias of said.aliases) await forgetAlias(store, alias, model);
  await store.delete(prefixOf(model));
}

async function forgetAlias(store: Store, alias: string, model: string): Promise<void> {
  if ((await findAlias(store, alias)) === model) await store.delete(ALIAS.key(alias));
}
