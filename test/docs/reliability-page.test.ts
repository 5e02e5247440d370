// docs/reliability.md and the registry of faults say the same.
import { describe, expect, it } from '@jest/globals';
import { FAULTS } from '../../chaos/faults/registry.mjs';
import { rowsOf, section, textOf } from './markdown.js';

describe('docs/reliability.md', () => {
  it('lists each fault that npm run chaos tries, in its order, and no other', () => {
    const listed = FAULTS.map(({ id, what, holds, times }) => [id, what, holds, times === Infinity ? 'each' : times.toLocaleString('en')]);
    expect(rowsOf(section(textOf('docs/reliability.md'), 'The faults'))).toEqual(listed);
  });

  it('has measured no fault that there is not', () => {
    const ids: string[] = FAULTS.map(({ id }) => id);
    const measured = rowsOf(section(textOf('docs/reliability.md'), 'Measured')).map(([id]) => id!);
    expect(measured.filter((id) => !ids.includes(id))).toEqual([]);
    expect(measured.length).toBeGreaterThan(0);
  });
});
