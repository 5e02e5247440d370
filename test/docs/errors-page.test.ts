// docs/errors.md and the table of errors say the same.
import { describe, expect, it } from '@jest/globals';
import { ERRORS, type ErrorCode } from '#contract/errors.js';
import { sectionsOf, textOf } from './markdown.js';

const page = sectionsOf(textOf('docs/errors.md'));
const facts = (code: ErrorCode): string => {
  const { status, class: errorClass, retry } = ERRORS[code];
  return `Code \`${code}\` · status ${status} · class ${errorClass} · retryable: ${retry ? 'yes' : 'no'}`;
};

describe('docs/errors.md', () => {
  it('has one heading for each code of the table, and no other', () => {
    const codes = Object.keys(ERRORS).map((code) => code.toLowerCase());
    expect(page.map(({ title }) => title).sort()).toEqual(codes.sort());
  });

  it('gives each code the status, class and retry of the table', () => {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    const written = codes.map((code) => page.find(({ title }) => title === code.toLowerCase())?.text.trim().split('\n')[0]);
    expect(written).toEqual(codes.map(facts));
  });

  it('says for each code what it means and what to do', () => {
    const bare = page.filter(({ text }) => !/\n\n\S.{20,}\n\n\*\*What to do:\*\* .{10,}/.test(text));
    expect(bare.map(({ title }) => title)).toEqual([]);
  });
});
