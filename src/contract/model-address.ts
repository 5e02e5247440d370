// What a model is called by: its id, an alias, or a version of a name such as "digits@3".
import Type from './typebox.js';
import { LONGEST_DISPLAY_NAME } from './schema.js';

/** In the place of a number: the highest whose model is there. */
export const NEWEST = 'latest';
const DIGITS = 9;
const VERSION = new RegExp(`^(?:[1-9]\\d{0,${DIGITS - 1}}|${NEWEST})$`);
const LONGEST = LONGEST_DISPLAY_NAME + 1 + DIGITS;

/** A version of a name. */
export interface NamedVersion {
  name: string;
  version: number | typeof NEWEST;
}

export const addressOf = ({ name, version }: NamedVersion): string => `${name}@${version}`;

/**
 * What stands before and after the last "@". Neither an id nor an alias has one, so that none is mistaken for a version.
 * @returns undefined where there is none; 'malformed' where what follows is no version, or nothing precedes it
 */
export function versionIn(address: string): NamedVersion | 'malformed' | undefined {
  const at = address.lastIndexOf('@');
  if (at < 0) return undefined;
  const name = address.slice(0, at);
  const version = address.slice(at + 1);
  if (name === '' || !VERSION.test(version)) return 'malformed';
  return { name, version: version === NEWEST ? NEWEST : Number(version) };
}

/** Where a request names a model. @param also what else it may be called by, beginning with a comma or "or" */
export const modelAddress = (also: string) =>
  Type.String({ minLength: 1, maxLength: LONGEST, description: `Id of a model, an alias, a version of a name ("digits@3", "digits@${NEWEST}")${also}`, examples: ['mdl_0197a2c4d5e67f8091a2b3c4d5e6f708', 'digits@3'] });
