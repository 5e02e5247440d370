// The compiled service, which tests start but never build.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const STANDALONE = fileURLToPath(new URL('../../dist/standalone.js', import.meta.url));
export const PREDICT = fileURLToPath(new URL('../../dist/workers/predict.js', import.meta.url));
export const WORKER = fileURLToPath(new URL('../../dist/workers/train-worker.js', import.meta.url));

/** @throws Error where there is nothing to start */
export function requireBuilt(): void {
  if (existsSync(STANDALONE)) return;
  throw new Error(`${STANDALONE} is missing: these tests start the compiled service. Run "npm run build", or the whole of "npm test".`);
}
