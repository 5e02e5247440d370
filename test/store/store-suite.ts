// What every store must do, whatever it keeps its objects in. A new driver passes this suite.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { text } from 'node:stream/consumers';
import type { Store } from '#store/store.js';

const segment = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019_.-äß '), minLength: 1, maxLength: 20 })
  .filter((name) => name !== '.' && name !== '..' && name !== 'tmp' && name !== 'staging');
// Prefixed by a letter, since no object can lie below another one.
const goodKey = fc.array(segment, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const badKey = fc.oneof(
  fc.constantFrom('', '/', '..', '.', '../x', 'x/..', 'x/../y', '/etc/passwd', 'x//y', 'x/', './x', 'tmp/x', 'staging', 'a\\b', '..\\x', 'a\0b'),
  fc.tuple(goodKey, fc.constantFrom('/../', '//', '/./', '\\', '\0'), goodKey).map((parts) => parts.join('')),
);

/** @param open Opens an empty store. */
export function storeSuite(open: () => Promise<Store>): void {
  describe('objects', () => {
    it('are read as they were written, under any sound key', async () => {
      await fc.assert(
        fc.asyncProperty(goodKey, fc.uint8Array({ maxLength: 300 }), async (key, bytes) => {
          const store = await open();
          await store.put(key, bytes);
          expect(await store.get(key)).toEqual(Buffer.from(bytes));
          expect(await store.sizeOf(key)).toBe(bytes.length);
        }),
        { numRuns: 40 },
      );
    });

    it('are refused under a key that climbs, is absolute or is otherwise unsound', async () => {
      const store = await open();
      await fc.assert(
        fc.asyncProperty(badKey, async (key) => {
          await expect((async () => store.put(key, 'x'))()).rejects.toThrow('no key');
          await expect((async () => store.get(key))()).rejects.toThrow('no key');
          await expect((async () => store.delete(key))()).rejects.toThrow('no key');
          expect(() => store.open(key)).toThrow('no key');
        }),
        { numRuns: 60 },
      );
      expect(await store.list('')).toEqual([]);
    });

    it('are not there until written, and a folder is no object', async () => {
      const store = await open();
      await store.put('jobs/one/job.json', '{}');
      expect(await store.get('jobs/two/job.json')).toBeUndefined();
      expect(await store.get('jobs/one/job.json/deeper')).toBeUndefined();
      expect(await store.get('jobs/one')).toBeUndefined();
      expect(await store.sizeOf('jobs/one')).toBeUndefined();
      expect(await store.sizeOf('jobs/two')).toBeUndefined();
    });

    it('are replaced as a whole: a reader sees an old or a new one', async () => {
      const store = await open();
      const contents = ['a', 'b', 'c'].map((letter) => letter.repeat(200_000));
      await store.put('record', contents[0] ?? '');
      let writing = true;
      const writer = (async () => {
        for (let i = 1; i <= 30; i++) {
          await (i % 2 ? store.putVolatile('record', contents[i % 3] ?? '') : store.put('record', contents[i % 3] ?? ''));
        }
        writing = false;
      })();
      let reads = 0;
      for (; writing || reads === 0; reads++) expect(contents).toContain(String(await store.get('record')));
      await writer;
    });

    it('are handed out in part, both ends included', async () => {
      const store = await open();
      await store.put('file', '0123456789');
      expect(await text(store.open('file', { start: 2, end: 4 }))).toBe('234');
      expect(await text(store.open('file'))).toBe('0123456789');
    });
  });

  describe('writing unless there is one', () => {
    it('gives one of many racing writers the key, and its bytes are what is read', async () => {
      const store = await open();
      for (let round = 0; round < 20; round++) {
        const key = `races/${round}/fence`;
        const writers = [0, 1, 2, 3, 4, 5];
        const won = await Promise.all(writers.map((writer) => store.putIfAbsent(key, `writer ${writer}`)));
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(String(await store.get(key))).toBe(`writer ${won.indexOf(true)}`);
      }
    });

    it('leaves alone what was put before', async () => {
      const store = await open();
      await store.put('key', 'first');
      expect(await store.putIfAbsent('key', 'second')).toBe(false);
      expect(String(await store.get('key'))).toBe('first');
    });
  });

  describe('appending', () => {
    it('makes the object, adds to its end and can be made durable', async () => {
      const store = await open();
      await store.append('jobs/one/events.jsonl', 'one\n');
      await store.append('jobs/one/events.jsonl', Buffer.from('two\n'));
      await store.sync('jobs/one/events.jsonl');
      expect(String(await store.get('jobs/one/events.jsonl'))).toBe('one\ntwo\n');
    });

    it('goes on behind the cut of a truncated object', async () => {
      const store = await open();
      await store.append('log', 'whole\nto');
      await store.truncate('log', 6);
      await store.append('log', 'new\n');
      expect(String(await store.get('log'))).toBe('whole\nnew\n');
    });
  });

  describe('listing and removing', () => {
    it('names what lies directly below, in ascending order', async () => {
      const store = await open();
      for (const key of ['jobs/b/x', 'jobs/a/x', 'jobs/c', 'models/m']) await store.put(key, '');
      expect(await store.list('jobs')).toEqual(['a', 'b', 'c']);
      expect(await store.list('')).toEqual(['jobs', 'models']);
      expect(await store.list('datasets')).toEqual([]);
      expect(await store.list('jobs/c')).toEqual([]);
    });

    it('removes an object or all below a prefix, and minds nothing that is gone already', async () => {
      const store = await open();
      for (const key of ['jobs/a/x', 'jobs/a/deep/y', 'jobs/b']) await store.put(key, '');
      const deleted = [];
      for (const prefix of ['jobs/a', 'jobs/b', 'jobs/b', 'never/there']) deleted.push(await store.delete(prefix));
      expect(deleted).toEqual([true, true, false, false]);
      expect(await store.list('jobs')).toEqual([]);
      expect(await store.get('jobs/a/deep/y')).toBeUndefined();
    });

    it('takes a key again after it was removed, also while it is being removed', async () => {
      const store = await open();
      for (let round = 0; round < 20; round++) {
        await store.put('jobs/a/record', 'old');
        await Promise.all([store.delete('jobs/a'), store.put('jobs/a/other', 'new')]);
        expect(await store.get('jobs/a/record')).toBeUndefined();
      }
    });
  });

  describe('staging', () => {
    it('publishes all of a folder at once', async () => {
      const store = await open();
      const staging = await store.stage('job_1');
      await store.writeStaged(staging, 'manifest.json', '{}');
      await store.writeStaged(staging, 'weights.bin', 'weights');
      expect(staging.name.startsWith('job_1')).toBe(true);
      expect(await store.listStaged()).toEqual([staging.name]);
      await store.seal(staging);
      expect(await store.publish(staging, 'models/mdl_1')).toBe(true);
      expect(String(await store.get('models/mdl_1/manifest.json'))).toBe('{}');
      expect(String(await store.get('models/mdl_1/weights.bin'))).toBe('weights');
      expect(await store.listStaged()).toEqual([]);
    });

    it('lets one of two racing publishers have the prefix, and moves nothing of the other', async () => {
      const store = await open();
      for (let round = 0; round < 10; round++) {
        const stagings = await Promise.all(['a', 'b'].map((owner) => store.stage(owner)));
        for (const staging of stagings) {
          await store.writeStaged(staging, 'owner', staging.name);
          await store.writeStaged(staging, `only-${staging.name}`, '');
          await store.seal(staging);
        }
        const won = await Promise.all(stagings.map((staging) => store.publish(staging, `models/${round}`)));
        expect(won.filter(Boolean)).toHaveLength(1);
        const winner = stagings[won.indexOf(true)]?.name ?? '';
        const loser = stagings[won.indexOf(false)]?.name ?? '';
        expect(await store.list(`models/${round}`)).toEqual([`only-${winner}`, 'owner']);
        expect(await store.listStaged()).toEqual([loser]);
        for (const staging of stagings) await store.discard(staging);
        expect(await store.listStaged()).toEqual([]);
      }
    });

    it('takes in an object that is there, and keeps it when that one goes', async () => {
      const store = await open();
      await store.put('jobs/a/checkpoint', 'bytes');
      const staging = await store.stage('job_1');
      expect(await store.linkStaged(staging, 'base', 'jobs/b/checkpoint')).toBe(false);
      expect(await store.linkStaged(staging, 'base', 'jobs/a/checkpoint')).toBe(true);
      await expect((async () => store.linkStaged(staging, '../base', 'jobs/a/checkpoint'))()).rejects.toThrow('no key');
      await store.delete('jobs/a');
      await store.seal(staging);
      expect(await store.publish(staging, 'jobs/c')).toBe(true);
      expect(String(await store.get('jobs/c/base'))).toBe('bytes');
      expect(await store.list('jobs/c')).toEqual(['base']);
    });

    it('refuses a prefix where an object lies', async () => {
      const store = await open();
      await store.put('models/taken', 'x');
      const staging = await store.stage('job_1');
      await store.writeStaged(staging, 'file', '');
      await store.seal(staging);
      expect(await store.publish(staging, 'models/taken')).toBe(false);
      expect(String(await store.get('models/taken'))).toBe('x');
    });

    it('finds a folder of an earlier time by its name, and none of another', async () => {
      const store = await open();
      const { name, path } = await store.stage('job_1');
      expect(await store.staged(name)).toEqual({ name, path });
      expect(await store.staged('job_2-000000000000')).toBeUndefined();
      await expect(store.staged('../jobs')).rejects.toThrow('no key');
    });
  });
}
