// The entry that scripts/rootstock.mjs hands what was typed to.
import { CommanderError } from 'commander';
import { EXIT_CODES } from './exit-codes.js';
import { program } from './program.js';

/** @param args as they were typed, without node and the script. What it ends with is in process.exitCode. */
export async function main(args: readonly string[]): Promise<void> {
  // Who reads no further, as `head` does, is not a fault.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
  }
}
