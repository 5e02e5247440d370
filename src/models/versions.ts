// Versions of a name: each model that is given a name has the next whole number of it, for good.
//   versions/<SHA-256 of the name>/<number>.json            which model has the number: written once and never removed, so that none is given twice
//   annotations/<model>/versions/<SHA-256 of the name>.json  the number after which its own is found: written once, before that
import { createHash } from 'node:crypto';
import { faultPoint } from '#fault-points';
import { readRecord, recordKind, writeRecordOnce, type RecordKind } from '../store/records.js';
import type { Store } from '../store/store.js';

export interface GivenVersion {
  name: string;
  model: string;
  /** When it was given: RFC 3339, UTC. */
  at: string;
}

interface Claim {
  /** The highest number that was given of the name by then; 0 before the first. */
  after: number;
}

/** A name is a caller's words, and no part of a key. */
const digestOf = (name: string): string => createHash('sha256').update(name).digest('hex');
const prefixOf = (digest: string): string => `versions/${digest}`;
const givenOf = (name: string): RecordKind<GivenVersion> => recordKind('model_version', 1, (number) => `${prefixOf(digestOf(name))}/${number}.json`);
const claimOn = (name: string): RecordKind<Claim> => recordKind('model_version_claim', 1, (model) => `annotations/${model}/versions/${digestOf(name)}.json`);

/**
 * Gives a model the next version of a name, once: asked again, by anybody, at the same time or after a crash in between, it is the same one.
 * The claim is what makes it so: whoever goes on from it comes by the number that another left off at.
 * @returns the version
 */
export async function giveVersion(store: Store, name: string, model: string): Promise<number> {
  const { after } = (await readRecord(store, claimOn(name), model)) ?? (await claim(store, name, model));
  for (let number = after + 1; ; number += 1) {
    const given = (await findVersion(store, name, number)) ?? (await take(store, number, { name, model, at: new Date().toISOString() }));
    if (given.model === model) return number;
  }
}

/** @returns the claim that stands, which another may have made */
async function claim(store: Store, name: string, model: string): Promise<Claim> {
  const own = { after: (await versionsOf(store, name))[0] ?? 0 };
  await writeRecordOnce(store, claimOn(name), model, own);
  await faultPoint('version.claimed.fail');
  // None where the model is being deleted in this moment.
  return (await readRecord(store, claimOn(name), model)) ?? own;
}

/** @returns who has the number then */
async function take(store: Store, number: number, given: GivenVersion): Promise<GivenVersion> {
  if (!(await writeRecordOnce(store, givenOf(given.name), String(number), given))) return (await findVersion(store, given.name, number))!;
  await faultPoint('version.given.fail');
  return given;
}

/** The version of the name that the model was given, or null. */
export async function versionGiven(store: Store, name: string, model: string): Promise<number | null> {
  const claimed = await readRecord(store, claimOn(name), model);
  if (!claimed) return null;
  for (let number = claimed.after + 1; ; number += 1) {
    const found = await findVersion(store, name, number);
    if (!found) return null;
    if (found.model === model) return number;
  }
}

/** What has a version of a name, there still or not; undefined where it was never given. */
export const findVersion = (store: Store, name: string, version: number): Promise<GivenVersion | undefined> => readRecord(store, givenOf(name), String(version));

/** All that were given of a name, newest first. */
export const versionsOf = async (store: Store, name: string): Promise<number[]> =>
  (await store.list(prefixOf(digestOf(name)))).map((file) => Number.parseInt(file, 10)).sort((one, other) => other - one);
