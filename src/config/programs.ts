// Where the compiled programs lie that processes and threads are started from.
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url).href;

/** The path of a program beside a module. Under a test runner the module is a source, and its programs are in dist/. */
export function programBeside(module: string, program: string): string {
  const { href } = new URL(program, module);
  if (!module.endsWith('.ts')) return fileURLToPath(href);
  return fileURLToPath(new URL(href.slice(ROOT.length).replace(/^src\//, ''), `${ROOT}dist/`));
}
