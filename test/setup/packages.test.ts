// Whether node_modules is what package-lock.json says, told from the file that npm writes last.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packagesMatch } from '../../scripts/setup/packages.mjs';
import { temporaryFolders } from './temporary-folder.js';

const newFolder = temporaryFolders();
const fastify = { version: '5.12.8', integrity: 'sha512-f' };
const jest = { version: '30.5.2', integrity: 'sha512-j', dev: true };
const forMacs = { version: '1.0.0', optional: true };

function checkout(wanted: object, installed: object | null): string {
  const root = newFolder('checkout');
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  if (installed === null) return root;
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  return root;
}

describe('node_modules', () => {
  it('matches when every package is there in its version', () => {
    expect(packagesMatch(checkout({ '': {}, fastify, jest }, { fastify, jest }), false)).toBe(true);
  });

  it('does not match when npm never finished, or never ran', () => {
    expect(packagesMatch(checkout({ '': {}, fastify }, null), false)).toBe(false);
  });

  it('does not match when a version or a digest differs', () => {
    expect(packagesMatch(checkout({ fastify }, { fastify: { ...fastify, version: '5.12.7' } }), false)).toBe(false);
    expect(packagesMatch(checkout({ fastify }, { fastify: { ...fastify, integrity: 'sha512-x' } }), false)).toBe(false);
  });

  it('matches without the packages of other platforms', () => {
    expect(packagesMatch(checkout({ fastify, forMacs }, { fastify }), false)).toBe(true);
  });

  it('matches without the development packages only where these are not needed', () => {
    const root = checkout({ fastify, jest }, { fastify });
    expect(packagesMatch(root, true)).toBe(true);
    expect(packagesMatch(root, false)).toBe(false);
  });
});
