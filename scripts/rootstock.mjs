#!/usr/bin/env node
// The `rootstock` command. What runs before anything is installed is here; all else is handed to the built command, src/cli.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exitWith } from './setup/failure.mjs';
import { cacheCommand } from './setup/cache-command.mjs';
import { doctorCommand } from './setup/doctor.mjs';
import { upCommand } from './setup/up-command.mjs';
import { verifyCommand } from './setup/verify-command.mjs';

const usage = `Usage: rootstock <command>

  up                        set up what is missing, and start the service here
  doctor [--json]           what is set up, what is missing, and the one command that mends it
  cache [--clear] [--json]  what the set-up stored for this user, and how to be rid of it
  verify BUNDLE [--json]    is the folder of a model, or a tar of it, what was written, and does it give what it must here

  datasets                  add, ls, show, preview, rm
  models                    import, ls, show, versions, set, lineage, pull, export, predict, rm
  jobs                      submit, ls, show, watch, logs, cancel, stop, pause, resume, retry, reproduce, report, predictions, pull
  compare                   train several plans on one data set, and print their table
  evaluate                  measure a model on a data set, and print its metrics
  explain                   see what in its examples a model goes by, and save the pictures
  webhooks                  listen
  completion                print a script for bash, zsh or fish

  help                      this text; "rootstock <command> --help" says more of one`;

/** @type {Record<string, (args: string[]) => Promise<number>>} each resolves to the exit status */
const commands = {
  up: upCommand,
  doctor: doctorCommand,
  cache: cacheCommand,
  verify: verifyCommand,
};

const [name = 'help', ...args] = process.argv.slice(2);
const built = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
if (['help', '--help', '-h'].includes(name)) {
  console.log(usage);
} else if (commands[name] !== undefined) {
  process.exitCode = await commands[name](args).catch(exitWith);
} else if (existsSync(built)) {
  /** @type {{ main: (args: readonly string[]) => Promise<void> }} */
  const { main } = await import(built);
  await main(process.argv.slice(2));
} else {
  const known = new RegExp(`^  ${name} `, 'm').test(usage);
  process.stderr.write(known ? `"rootstock ${name}" is not built yet; node scripts/setup.mjs builds it.\n` : `There is no command "${name}".\n${usage}\n`);
  process.exitCode = 2;
}
