// The switches of one command; a wrong one ends the process with its usage and status 2.
import { parseArgs } from 'node:util';

/**
 * @template {string} Name
 * @param {string[]} args
 * @param {Name[]} names
 * @param {string} usage
 * @returns {Partial<Record<Name, boolean>>}
 */
export function readSwitches(args, names, usage) {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ('boolean') }]));
    return /** @type {Partial<Record<Name, boolean>>} */ (parseArgs({ args, options }).values);
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\nUsage: ${usage}\n`);
    process.exit(2);
  }
}
