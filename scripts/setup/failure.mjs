// A set-up that cannot go on for a reason the user can mend: shown as plain words, without a stack.

export class SetupFailure extends Error {
  /** @override */
  name = 'SetupFailure';
}

/**
 * Ends the process the way every script here does: what the user can mend in one line, a defect of ours with its stack.
 * @param {unknown} error
 * @returns {never}
 */
export function exitWith(error) {
  const words = error instanceof SetupFailure ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`rootstock: ${words}\n`);
  process.exit(1);
}
