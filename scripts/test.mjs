// Runs the tests once, with Jest's own report, and ends with one plain line: N passed, N failed, N skipped.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../dist/children/subprocess.js';

const root = join(import.meta.dirname, '..');
const long = process.argv.includes('--long');
const forwarded = process.argv.slice(2).filter((argument) => argument !== '--long');

const folder = mkdtempSync(join(tmpdir(), 'rootstock-test-'));
try {
  const status = await runJest(join(folder, 'result.json'));
  console.log(summary(join(folder, 'result.json')));
  process.exitCode = status;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} result @returns {Promise<number>} Jest's exit status */
function runJest(result) {
  // Jest loads native ES modules only behind this switch.
  const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
  // TensorFlow as in the service's children, so with the same kernels. One thread: Jest already runs more test processes than there are cores.
  const engine = Object.fromEntries(Object.entries(childEnvironment(1)).filter(([name]) => name.startsWith('TF_')));
  const env = { ...engine, ...process.env, NODE_OPTIONS, ...(long ? { ROOTSTOCK_LONG: '1' } : {}) };
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(process.execPath, [jest, '--json', '--outputFile', result, ...forwarded], { cwd: root, env, stdio: ['inherit', 'ignore', 'inherit'] });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code ?? 1)));
}

/** @param {string} result */
function summary(result) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(result, 'utf8'));
    // A suite that could not even be loaded has no tests to count, and must not read as "0 failed".
    return `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed, ${numPendingTests + numTodoTests} skipped`;
  } catch {
    return '0 passed, 1 failed, 0 skipped';
  }
}
