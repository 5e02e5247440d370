// docs/settings.md and the list of settings say the same.
import { describe, expect, it } from '@jest/globals';
import { SETTINGS } from '#config/settings.js';
import { rowsOf, textOf } from './markdown.js';

const shown = (value: string | number | boolean): string => (value === '' ? '(empty)' : `\`${value}\``);

describe('docs/settings.md', () => {
  it('lists each setting with its default and help, in the order of the list, and no other', () => {
    const listed = SETTINGS.map(({ name, default: value, help }) => [`\`${name}\``, shown(value), help]);
    expect(rowsOf(textOf('docs/settings.md'))).toEqual(listed);
  });
});

describe('Settings named on other pages', () => {
  it('are settings', () => {
    const names = new Set<string>(SETTINGS.map(({ name }) => name));
    const others = new Set(['ROOTSTOCK', 'EXAMPLES', 'EPOCHS', 'DIGITS', 'LETTERS', 'PRETRAIN', 'BASE', 'JOB']); // of the session
    const assigned = ['README.md', 'docs/guide.md', 'docs/settings.md', 'SECURITY.md'].flatMap((path) =>
      [...textOf(path).matchAll(/\b([A-Z][A-Z_]+)=/g)].map(([, name]) => name!),
    );
    expect(assigned.filter((name) => !names.has(name) && !others.has(name))).toEqual([]);
  });
});
