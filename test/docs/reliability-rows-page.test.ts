// docs/reliability-rows.md and the titles of the tests say the same: which rows of the design's tables are tested, and where.
import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import ts from 'typescript';
import { codeOf, ROOT, rowsOf, textOf } from './markdown.js';

/** A fault or a bad input of the design, by its number. */
const ROW = /\b[FB][1-9][0-9]?\b/g;
/** Of issue 8. */
const REQUIRED = [
  ...numbered('F', 19, 23), 'F31', 'F35', ...numbered('B', 1, 21), ...numbered('B', 46, 48), 'B50', 'B51', 'B53', 'B54', 'B56',
];

function numbered(letter: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => `${letter}${first + at}`);
}

/** What describe and it are called with: `describe('…')`, `it.each(…)('…')`, `describeOnLinux('…')`. */
function titlesOf(path: string): string[] {
  const titles: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(describe|it)/.test(rootOf(node.expression))) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest));
  return titles;
}

/** The name that a chain of calls and properties begins with. */
function rootOf(node: ts.Node): string {
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node) || ts.isTaggedTemplateExpression(node)) return rootOf('tag' in node ? node.tag : node.expression);
  return ts.isIdentifier(node) ? node.text : '';
}

/** "B21 test/http/limits.test.ts" for each row that a title names. */
function tested(): string[] {
  const paths = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.test.ts')).map((path) => `test/${path}`);
  return [...new Set(paths.flatMap((path) => titlesOf(path).flatMap((title) => (title.match(ROW) ?? []).map((row) => `${row} ${path}`))))].sort();
}

const listed = (): string[] => rowsOf(textOf('docs/reliability-rows.md')).flatMap(([row, , paths]) => codeOf(paths!).map((path) => `${row!} ${path}`)).sort();

describe('docs/reliability-rows.md', () => {
  it('lists each row that a title names with the files of its tests, and no other', () => {
    expect(listed()).toEqual(tested());
  });

  it('has the rows that the API answers for', () => {
    const rows = rowsOf(textOf('docs/reliability-rows.md')).map(([row]) => row);
    expect(REQUIRED.filter((row) => !rows.includes(row))).toEqual([]);
    expect(rows).toEqual([...new Set(rows)]);
  });
});
