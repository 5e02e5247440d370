// Where the real data sets lie that some tests read. They are not part of the repository.
import { describe } from '@jest/globals';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder with `mnist/` and `notmnist/`, or undefined where it is not there. ROOTSTOCK_REAL_DATA names another place. */
export function realData(): string | undefined {
  const folder = process.env.ROOTSTOCK_REAL_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  return existsSync(folder) ? folder : undefined;
}

/** A `describe` over real data; where there are none its tests are skipped, and said to be. */
export function describeReal(name: string, tests: (folder: string) => void): void {
  const folder = realData();
  if (folder !== undefined) {
    describe(name, () => tests(folder));
    return;
  }
  // A test that vanishes without a word would be taken for one that passed.
  // Not by console: Jest keeps to itself what a wholly skipped file says there.
  const why = 'Set ROOTSTOCK_REAL_DATA to a folder with mnist/ and notmnist/ to run them.';
  process.stderr.write(`REAL-DATA TESTS LEFT OUT: "${name}". ${why}\n`);
  describe.skip(name, () => tests(''));
}
