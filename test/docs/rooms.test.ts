// The rooms of docs/architecture.md are the folders of the source, and each says what it is.
import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { codeOf, ROOT, rowsOf, section, textOf } from './markdown.js';

const folders = readdirSync(`${ROOT}src`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `src/${name}/`);
const rooms = [...folders, 'workers/'];

describe('The rooms', () => {
  it('are the same on the page and in the source', () => {
    const written = rowsOf(section(textOf('docs/architecture.md'), 'Rooms')).map(([room]) => codeOf(room!)[0]);
    expect([...written].sort()).toEqual([...rooms].sort());
  });

  it('have a README each', () => {
    expect(rooms.filter((room) => !existsSync(`${ROOT}${room}README.md`))).toEqual([]);
  });

  it('of the source are all placed in the order of who may know whom', () => {
    const order = /^contract → .+ → roots and workers$/m.exec(textOf('docs/architecture.md'))![0];
    const placed = order.split(/ → |, /).filter((word) => word !== 'roots and workers');
    expect(placed.map((room) => `src/${room}/`).sort()).toEqual([...folders].sort());
  });
});
