// The parent of this process, seen from it.

/** An orphan must not go on: nobody would see its work, and another may be at the same already. @param code to exit with */
export function endWithParent(code: number): void {
  const end = (): never => process.exit(code);
  process.once('disconnect', end);
  // Gone before anyone listened for it.
  if (!process.connected) end();
}

/** Resolves once it is on its way, or cannot be. */
export const tellParent = (message: object): Promise<void> =>
  new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
