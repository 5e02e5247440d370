// The store in memory is a store like the others.
import { describe, expect, it } from '@jest/globals';
import { storeSuite } from '../store/store-suite.js';
import { Draw } from './draw.js';
import { MemoryDisk, MemoryStore } from './memory-store.js';

describe('a store in memory', () => {
  storeSuite(async () => new MemoryStore(new MemoryDisk()));

  it('keeps over a power cut what it said would last, and of the rest some', async () => {
    let [lost, kept] = [0, 0];
    for (let seed = 1; seed <= 40; seed += 1) {
      const disk = new MemoryDisk();
      const store = new MemoryStore(disk);
      await store.put('lasting', 'x');
      await store.append('log', 'synced\n');
      await store.sync('log');
      await store.append('log', 'not synced\n');
      await store.putVolatile('volatile', 'x');
      disk.cutPower(new Draw(seed));
      expect(String(await store.get('lasting'))).toBe('x');
      expect(String(await store.get('log'))).toMatch(/^synced\n/);
      if (await store.get('volatile')) kept += 1;
      else lost += 1;
    }
    expect(Math.min(lost, kept)).toBeGreaterThan(0);
  });
});
