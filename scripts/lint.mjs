// Every lint of the project, as many beside each other as there are cores; each says what it found in one piece, once it has ended.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The longest first; the tests by themselves, since their types are a program of their own. @type {readonly (readonly [program: string, ...args: string[]])[]} */
const CHECKS = [
  ['eslint', '.', '--ignore-pattern', 'test/'],
  ['eslint', 'test'],
  ['tsc', '-b'],
  ['depcruise', 'src', 'workers', 'test', '--config', '.dependency-cruiser.cjs'],
  ['redocly', 'lint', 'openapi/openapi.json', '--config', 'openapi/redocly.yaml'],
  ['dclint', 'docker-compose.yml'],
];

const waiting = [...CHECKS];
const ended = await Promise.all(Array.from({ length: Math.min(availableParallelism(), CHECKS.length) }, runThose));
process.exitCode = ended.every((passed) => passed) ? 0 : 1;

/** Those that nobody else has taken, one after the other. @returns {Promise<boolean>} whether they all passed */
async function runThose() {
  let passed = true;
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) passed = (await run(check)) && passed;
  return passed;
}

/** @param {readonly [string, ...string[]]} check @returns {Promise<boolean>} */
async function run([program, ...args]) {
  const startedMs = performance.now();
  const child = spawn(join(root, 'node_modules', '.bin', program), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
  const failure = await new Promise((resolve) => child.once('error', (problem) => resolve(problem.message)).once('close', (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`))));
  process.stdout.write(Buffer.concat(said));
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  console.log(`lint: ${[program, ...args].join(' ')}: ${failure ?? 'nothing to say'} (${seconds} s)`);
  return failure === null;
}
