// Reading the project's pages: headings, tables, blocks of code, links.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A file of the checkout, by its path from the root. */
export const textOf = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

const FENCE = /^```(.*)\n([^]*?)^```$/gm;

export interface Block {
  /** What stands behind the opening fence, such as "json request". */
  info: string;
  code: string;
  /** The line before the fence. */
  before: string;
}

export const blocksOf = (text: string): Block[] =>
  [...text.matchAll(FENCE)].map((found) => ({
    info: found[1]!.trim(),
    code: found[2]!,
    before: text.slice(0, found.index).trimEnd().split('\n').at(-1)!,
  }));

/** The text without its blocks of code. */
export const proseOf = (text: string): string => text.replaceAll(FENCE, '');

export interface Section {
  title: string;
  text: string;
}

/** The sections under headings of one level, each up to the next heading of that level or a higher one. */
export function sectionsOf(text: string, level = 2): Section[] {
  const prose = proseOf(text);
  const heading = new RegExp(`^(#{1,${level}}) (.+)$`, 'gm');
  const found = [...prose.matchAll(heading)];
  return found.flatMap(({ 1: marks, 2: title, 0: line, index }, at) => {
    const end = found[at + 1]?.index ?? prose.length;
    return marks!.length === level ? [{ title: title!, text: prose.slice(index + line.length, end) }] : [];
  });
}

/** The section of that title. @throws Error where there is none */
export function section(text: string, title: string, level = 2): string {
  const found = sectionsOf(text, level).find((one) => one.title === title);
  if (!found) throw new Error(`there is no section "${title}"`);
  return found.text;
}

/** The rows of the first table in a text, without its header: cells as they are written. */
export function rowsOf(text: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|---'));
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  const rows = start < 0 ? [] : rest.slice(0, end < 0 ? rest.length : end);
  return rows.map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim()));
}

/** What stands between single backticks. */
export const codeOf = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** Names of the anchors that headings make, as GitHub forms them. */
export const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...proseOf(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title]) =>
      title!.toLowerCase().replaceAll(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-'),
    ),
  );

/** Targets of the links in a text. */
export const linksOf = (text: string): string[] => [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
