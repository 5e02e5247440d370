// The @example blocks of the client, as its source has them.
import { readdirSync, readFileSync } from 'node:fs';
import { ROOT } from '../docs/markdown.js';

export interface Example {
  /** File, and the line of the source that it stands above. */
  name: string;
  code: string;
}

const folder = `${ROOT}src/client/`;
const BLOCK = /^( *)\/\*\*(?:(?!\*\/)[\s\S])*?@example\n((?:(?!\*\/)[\s\S])*?)\n *\*\/\n *(.+)$/gm;

export const EXAMPLES: readonly Example[] = readdirSync(folder).filter((file) => file.endsWith('.ts')).flatMap((file) =>
  [...readFileSync(folder + file, 'utf8').matchAll(BLOCK)].map(([, , text, above]) => ({
    name: `${file}: ${above!.replace(/^export |[({;].*$/g, '').trim()}`,
    code: text!.replaceAll(/^ *\* ?/gm, ''),
  })),
);
