// The store in a folder: the suite of all stores, and what is its own: modes of files, crashes, a full disk.
import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openFolderStore } from '#store/stores/folder.js';
import { orDiskFull } from '#store/disk-full.js';
import { storeSuite } from './store-suite.js';
import { startProgram } from '../support/program.js';
import { temporaryFolder, temporaryStore } from '../support/store.js';

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('a folder store', () => {
  storeSuite(temporaryStore);

  it('keeps files and folders to its own user', async () => {
    const root = join(await temporaryFolder(), 'store');
    const store = await openFolderStore(root);
    await store.put('jobs/one/job.json', '{}');
    await store.append('jobs/one/events.jsonl', '');
    const staging = await store.stage('job_1');
    await writeFile(join(staging.path, 'open-to-all'), '');
    await chmod(join(staging.path, 'open-to-all'), 0o644);
    await store.seal(staging);
    for (const folder of [root, join(root, 'tmp'), join(root, 'jobs'), join(root, 'jobs/one'), staging.path]) {
      expect(await modeOf(folder)).toBe('700');
    }
    for (const file of [join(root, 'jobs/one/job.json'), join(root, 'jobs/one/events.jsonl'), join(staging.path, 'open-to-all')]) {
      expect(await modeOf(file)).toBe('600');
    }
  });

  it('publishes what other processes wrote into a staging folder, and hands it out as a local folder', async () => {
    const store = await temporaryStore();
    const staging = await store.stage('job_1');
    await mkdir(join(staging.path, 'deep'));
    await writeFile(join(staging.path, 'deep', 'weights.bin'), 'weights');
    await store.seal(staging);
    expect(await store.publish(staging, 'models/mdl_1')).toBe(true);
    expect(String(await store.get('models/mdl_1/deep/weights.bin'))).toBe('weights');
    expect(await readFile(join(await store.localFolder('models/mdl_1'), 'deep', 'weights.bin'), 'utf8')).toBe('weights');
  });

  it('leaves nothing temporary behind, whether a write wins, loses or fails', async () => {
    const root = await temporaryFolder();
    const store = await openFolderStore(root);
    await store.put('a', 'x');
    await store.putIfAbsent('a', 'y');
    await store.put('b/c', 'x');
    await store.delete('b');
    await expect(store.put('a/below-a-file', 'x')).rejects.toThrow();
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
    expect(await store.list('')).toEqual(['a']);
  });

  it('removes what a dead process left, and not what a living one is writing', async () => {
    const root = await temporaryFolder();
    const store = await openFolderStore(root);
    await store.put('record', 'committed');
    const dead = await deadPid();
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    // The last: an id used again.
    const leftOvers = [`${host}-${dead}-00000000-0`, `${host}-${dead}-00000000-1`, `${host}-${process.pid}-00000000-7`];
    await writeFile(join(root, 'tmp', leftOvers[0] ?? ''), 'torn');
    await mkdir(join(root, 'tmp', leftOvers[1] ?? '', 'deep'), { recursive: true });
    await writeFile(join(root, 'tmp', leftOvers[2] ?? ''), 'torn');
    const living = [`${host}-${process.ppid}-00000000-0`, `00000000-${dead}-00000000-0`]; // the last: of another host
    for (const name of living) await writeFile(join(root, 'tmp', name), 'being written');
    const old = join(root, 'tmp', `00000000-${dead}-00000000-1`);
    await writeFile(old, 'torn');
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
    await utimes(old, twoDaysAgo, twoDaysAgo);

    const again = await openFolderStore(root);
    expect((await readdir(join(root, 'tmp'))).toSorted()).toEqual(living.toSorted());
    expect(await again.list('')).toEqual(['record']);
    expect(String(await again.get('record'))).toBe('committed');
  });

  it('holds a whole record after its writer was killed in the middle of writing', async () => {
    const root = await temporaryFolder();
    for (let round = 0; round < 3; round++) {
      const writer = startProgram(new URL('./writer-program.ts', import.meta.url), [root]);
      await writer.next();
      await writer.end('SIGKILL');
      const record = String(await (await openFolderStore(root)).get('record'));
      expect(record).toBe(record.charAt(0).repeat(300_000));
      expect(await readdir(join(root, 'tmp'))).toEqual([]);
    }
  });

  it('shows nothing of a staging folder whose publisher died, and another can publish there', async () => {
    const root = await temporaryFolder();
    const store = await openFolderStore(root);
    const torn = await store.stage('job_1-attempt-1');
    await writeFile(join(torn.path, 'weights.bin'), 'half');

    const again = await openFolderStore(root);
    expect(await again.list('models')).toEqual([]);
    expect(await again.listStaged()).toEqual([torn.name]);
    const staging = await again.stage('job_1-attempt-2');
    await writeFile(join(staging.path, 'weights.bin'), 'whole');
    await again.seal(staging);
    expect(await again.publish(staging, 'models/mdl_1')).toBe(true);
    await again.discard(torn);
    expect(await again.listStaged()).toEqual([]);
    expect(String(await again.get('models/mdl_1/weights.bin'))).toBe('whole');
  });

  it('seals no folder that leads out of itself', async () => {
    const store = await temporaryStore();
    const staging = await store.stage('job_1');
    await symlink('/etc/passwd', join(staging.path, 'weights.bin'));
    await expect(store.seal(staging)).rejects.toThrow('neither a file nor a folder');
  });

  it('says DISK_FULL for a full disk and for a full quota, and what it was for everything else', async () => {
    const failing = (code: string) => orDiskFull(Promise.reject(Object.assign(new Error(code), { code })));
    await expect(failing('ENOSPC')).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(failing('EDQUOT')).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(failing('EIO')).rejects.toMatchObject({ code: 'EIO' });
  });
});
