// The client as a page gets it: one script, by the name `client`.
import { build } from 'esbuild';
import { ROOT } from '../docs/markdown.js';

export async function bundle(): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [`${ROOT}src/client/index.ts`], bundle: true, minify: true, platform: 'browser', format: 'iife', globalName: 'client', write: false, logLevel: 'silent' });
  return outputFiles[0]!.text;
}
