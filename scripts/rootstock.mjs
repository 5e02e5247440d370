#!/usr/bin/env node
// The `rootstock` command of a checkout: it shows and clears what the set-up made. It runs before anything is installed.
import { exitWith } from './setup/failure.mjs';
import { cacheCommand } from './setup/cache-command.mjs';
import { doctorCommand } from './setup/doctor.mjs';

const usage = `Usage: rootstock <command>

  doctor [--json]           what is set up, what is missing, and the one command that mends it
  cache [--clear] [--json]  what the set-up stored for this user, and how to be rid of it
  help                      this text`;

/** @type {Record<string, (args: string[]) => Promise<number>>} each resolves to the exit status */
const commands = {
  doctor: doctorCommand,
  cache: cacheCommand,
};

const [name = 'help', ...args] = process.argv.slice(2);
if (['help', '--help', '-h'].includes(name)) {
  console.log(usage);
} else if (commands[name] === undefined) {
  process.stderr.write(`There is no command "${name}".\n${usage}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await commands[name](args).catch(exitWith);
}
