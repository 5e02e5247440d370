// A checkout in which everything but the build is already set up: the real scripts over stand-ins for what they set up.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ENGINES } from '../../scripts/setup/pins.mjs';

const repository = join(import.meta.dirname, '..', '..');

function write(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

export function fakeCheckout(root: string): string {
  cpSync(join(repository, 'scripts'), join(root, 'scripts'), { recursive: true });
  write(join(root, 'package.json'), { name: 'rootstock', type: 'module' });
  write(join(root, 'package-lock.json'), { packages: {} });
  write(join(root, 'node_modules', '.package-lock.json'), { packages: {} });
  for (const name of ['typescript', 'esbuild', 'typebox']) symlinkSync(join(repository, 'node_modules', name), join(root, 'node_modules', name));
  write(join(root, 'tsconfig.base.json'), { compilerOptions: { composite: true, types: [], skipLibCheck: true, rootDir: '.' } });
  for (const project of ['src', 'workers']) {
    write(join(root, project, 'tsconfig.json'), { extends: '../tsconfig.base.json', compilerOptions: { rootDir: '.', outDir: `../dist/${project}` }, exclude: ['dashboard'] });
    write(join(root, project, 'index.ts'), 'export const grafted = true;\n');
  }
  const dashboard = { 'tsconfig.json': {}, 'main.tsx': "import './style.css';\ndocument.title = 'Rootstock';\n", 'style.css': 'body { margin: 0; }\n', 'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>', 'index.html': '<link href="assets/{style}"><img src="assets/{icon}"><script src="assets/{script}"></script>\n' };
  for (const [name, content] of Object.entries(dashboard)) write(join(root, 'src', 'dashboard', name), content);
  return root;
}

/** Puts in place what a set-up of the CPU engine leaves behind, without the engine. */
export function pretendEngine(root: string): void {
  const engine = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  const wheel = ENGINES[`${process.platform}-${process.arch}-cpu`]?.wheels[0];
  write(join(engine, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  write(join(engine, 'deps', 'lib', 'libtensorflow_framework.so.2'), '');
  write(join(engine, 'deps', 'engine.json'), { name: wheel?.name, version: wheel?.version, device: 'cpu', sha256: wheel?.sha256, source: 'wheel' });
}

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Runs one of the scripts with exactly these settings. */
export async function runScript(root: string, args: string[], env: Record<string, string>): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stdout, stderr, seconds: (performance.now() - started) / 1000 };
}
