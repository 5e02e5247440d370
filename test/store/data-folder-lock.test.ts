// The lock of the data folder, with real processes that hold it, die with it and race for it.
import { afterEach, describe, expect, it } from '@jest/globals';
import { cp, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDataFolder } from '#store/data-folder-lock.js';
import { startProgram, type Program } from '../support/program.js';
import { temporaryFolder } from '../support/store.js';

const programs: Program[] = [];
const PROGRAM = new URL('./lock-program.ts', import.meta.url);

interface Result {
  locked: boolean;
  message?: string;
}

function lockElsewhere(dataFolder: string): Program {
  const program = startProgram(PROGRAM, [dataFolder]);
  programs.push(program);
  return program;
}

afterEach(async () => {
  for (const program of programs.splice(0)) await program.end('SIGKILL');
});

describe('the lock of a data folder', () => {
  it('is refused to a second service, within 2 seconds and naming the first', async () => {
    const dataFolder = await temporaryFolder();
    const first = lockElsewhere(dataFolder);
    expect(await first.next<Result>()).toEqual({ locked: true });
    const startedAt = performance.now();
    await expect(lockDataFolder(dataFolder)).rejects.toThrow(`in use by another Rootstock, process ${first.child.pid}.`);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('is refused to the process that has it, and free again when given back', async () => {
    const dataFolder = await temporaryFolder();
    const release = await lockDataFolder(dataFolder);
    await expect(lockDataFolder(dataFolder)).rejects.toThrow(`process ${process.pid}`);
    await release();
    await (await lockDataFolder(dataFolder))();
    expect(await readdir(join(dataFolder, 'run'))).toEqual([]);
  });

  it('of a copy of the folder is nobody\'s, though the process that has the first runs', async () => {
    const dataFolder = await temporaryFolder();
    await lockElsewhere(dataFolder).next<Result>();
    const copy = join(await temporaryFolder(), 'copy');
    await cp(dataFolder, copy, { recursive: true });
    await (await lockDataFolder(copy))();
    await expect(lockDataFolder(dataFolder)).rejects.toThrow('in use by another Rootstock');
  });

  it('goes with the folder where that is moved or reached by another path', async () => {
    const folder = await temporaryFolder();
    const dataFolder = join(folder, 'data');
    await lockElsewhere(dataFolder).next<Result>();
    await symlink(dataFolder, join(folder, 'link'));
    await expect(lockDataFolder(join(folder, 'link'))).rejects.toThrow('in use by another Rootstock');
    await rename(dataFolder, join(folder, 'moved'));
    await expect(lockDataFolder(join(folder, 'moved'))).rejects.toThrow('in use by another Rootstock');
  });

  it('is taken over from a process that was killed', async () => {
    const dataFolder = await temporaryFolder();
    const first = lockElsewhere(dataFolder);
    await first.next<Result>();
    await first.end('SIGKILL');
    await (await lockDataFolder(dataFolder))();
  });

  it('is taken over from a process whose id belongs to another one now', async () => {
    const dataFolder = await temporaryFolder();
    await mkdir(join(dataFolder, 'run', 'lock'), { recursive: true });
    await writeFile(join(dataFolder, 'run', 'lock', `${process.ppid}-00000000-12345-0a0b0c0d`), '');
    await (await lockDataFolder(dataFolder))();
  });

  it('is taken over by one of many that race for it, also in one process', async () => {
    const dataFolder = await temporaryFolder();
    const first = lockElsewhere(dataFolder);
    await first.next<Result>();
    await first.end('SIGKILL');
    const racing = Array.from({ length: 4 }, () => lockElsewhere(dataFolder));
    const here = Array.from({ length: 4 }, () => lockDataFolder(dataFolder).then(() => ({ locked: true }), () => ({ locked: false })));
    const results = await Promise.all([...racing.map((program) => program.next<Result>()), ...here]);
    expect(results.filter(({ locked }) => locked)).toHaveLength(1);
  });

  it('is held by at most one at any moment while many take it and give it back', async () => {
    const dataFolder = await temporaryFolder();
    let holders = 0;
    let turns = 0;
    const taker = async () => {
      for (let tries = 0; tries < 60; tries++) {
        const release = await lockDataFolder(dataFolder).catch(() => undefined);
        if (!release) continue;
        turns += 1;
        holders += 1;
        expect(holders).toBe(1);
        await readdir(dataFolder);
        holders -= 1;
        await release();
      }
    };
    await Promise.all([taker(), taker(), taker(), taker()]);
    expect(turns).toBeGreaterThan(10);
  });
});
