// The library of schemas as one file in the place of src/contract/typebox.ts: Node.js takes 0.3 s of processor time to find and link its 373 files, in each
// process of the service.
import { renameSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root @returns {Promise<void>} */
export async function bundleSchemaLibrary(root) {
  // It is there once the packages are installed.
  const { build } = await import('esbuild');
  const made = join(root, 'dist', 'contract', 'typebox.js');
  await build({ entryPoints: ['typebox'], absWorkingDir: root, outfile: `${made}.new`, bundle: true, format: 'esm', platform: 'neutral', target: ['es2022'], logLevel: 'warning' });
  renameSync(`${made}.new`, made);
}
