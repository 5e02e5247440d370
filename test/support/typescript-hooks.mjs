// Lets plain Node run the TypeScript sources, for tests that need a second process. `--import` it.
import { register } from 'node:module';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// This same file holds the hooks, which Node runs in a thread of their own.
if (isMainThread) register(import.meta.url);

const sources = new URL('../../src/', import.meta.url);

export async function resolve(specifier, context, next) {
  if (specifier === '#fault-points') return next(new URL('faults/armed.ts', sources).href, context);
  const inSources = specifier.startsWith('#') ? new URL(specifier.slice(1), sources).href : specifier;
  const typescript = /^(\.|file:).*\.js$/.test(inSources) && !context.parentURL?.includes('/node_modules/');
  return next(typescript ? inSources.replace(/\.js$/, '.ts') : inSources, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { transform } = await import('@swc/core');
  const source = await readFile(fileURLToPath(url), 'utf8');
  const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, swcrc: false };
  return { format: 'module', source: (await transform(source, options)).code, shortCircuit: true };
}
