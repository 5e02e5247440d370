// The folder store with each of its fault points struck: a change that fails, or whose process ends in it, leaves the old or the new
// state, and the next start leaves nothing over.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { armFaultPoints } from '#faults/armed.js';
import { FAULT_POINTS, type FaultPoint } from '#faults/points.js';
import { openFolderStore } from '#store/stores/folder.js';
import type { Store } from '#store/store.js';
import { startProgram } from '../support/program.js';
import { temporaryFolder } from '../support/store.js';
import { CHANGES, prepare, seen, type ChangeName } from './store-changes.js';

jest.setTimeout(120_000);

const POINTS = (Object.keys(FAULT_POINTS) as FaultPoint[]).filter((name) => FAULT_POINTS[name].file.startsWith('src/store/'));
const NAMES = Object.keys(CHANGES) as ChangeName[];
let disarm = (): void => undefined;
afterEach(() => disarm());

class Struck extends Error {
  readonly code = 'EIO';
}

/** A store with something in it to change, and what is seen of it. */
async function prepared(): Promise<{ root: string; store: Store; before: string }> {
  const root = await temporaryFolder();
  const store = await openFolderStore(root);
  await prepare(store);
  return { root, store, before: await seen(store) };
}

/** Makes a change that nothing strikes: the points it passes, in order, and what is seen then. */
async function undisturbed(change: ChangeName): Promise<{ passed: FaultPoint[]; after: string }> {
  const { store } = await prepared();
  const passed: FaultPoint[] = [];
  disarm = armFaultPoints((name) => void passed.push(name));
  await CHANGES[change](store);
  disarm();
  return { passed, after: await seen(store) };
}

describe('a folder store', () => {
  const struck = new Set<FaultPoint>();

  it.each(NAMES)('in which %s fails at each point is as it was or as it should be, and the same succeeds afterwards', async (change) => {
    const { passed, after } = await undisturbed(change);
    for (const [at, point] of passed.entries()) {
      const { root, store, before } = await prepared();
      let passes = 0;
      disarm = armFaultPoints((name) => {
        if (passes++ !== at) return;
        struck.add(name);
        throw new Struck(name);
      });
      await expect(CHANGES[change](store)).rejects.toThrow(point);
      disarm();
      expect([before, after]).toContain(await seen(store));
      // What was moved out of sight and could not be removed lies there until the next start.
      const isMoved = point === 'remove.rest.fail' || (change === 'delete' && point === 'commit.folder-fsync.fail');
      if (!isMoved) expect(await readdir(join(root, 'tmp'))).toEqual([]);
      await CHANGES[change](store);
      expect(await seen(store)).toBe(after);
    }
  });

  it('was struck at every point it has', () => expect([...struck].sort()).toEqual([...POINTS].sort()));

  it.each(POINTS)('whose process ends at %s is as it was or as it should be, and the next start leaves nothing over', async (point) => {
    for (const change of NAMES) {
      const { passed, after } = await undisturbed(change);
      if (!passed.includes(point)) continue;
      const { root, before } = await prepared();
      const program = startProgram(new URL('./store-program.ts', import.meta.url), [root, change, point]);
      await expect(program.next()).rejects.toThrow('the program ended');
      await program.end('SIGKILL');
      expect(program.child.signalCode).toBe('SIGKILL');
      const again = await openFolderStore(root);
      expect([before, after]).toContain(await seen(again));
      expect(await readdir(join(root, 'tmp'))).toEqual([]);
      return; // one change is enough: each start of a program takes a second
    }
    throw new Error(`no change passes ${point}`);
  });
});
