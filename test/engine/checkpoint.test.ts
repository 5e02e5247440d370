// Checkpoint files: what is read is what was written, or nothing.
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyFile, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint, type CheckpointHead, type NamedTensors } from '#engine/checkpoint.js';
import { stream } from '#engine/random.js';
import { temporaryFolder } from '../support/store.js';

const HEAD: CheckpointHead = {
  spec_digest: 'a'.repeat(64),
  name: '000001-000003',
  environment: { engine: { name: 'tensorflow-cpu', version: '2.21.0', device: 'cpu' }, node: '20.20.2', threads: 1, processor: 'any' },
  run: 'main',
  cursor: { stage: 1, epoch: 3, step: 421, epochsOfStage: 1, examples: 1600 },
  sums: { whole: { examples: 1600, sums: { loss: 0.1 + 0.2, accuracy: 1500 } }, report: { examples: 0, sums: {} }, stepsOfReport: 0 },
  metrics: { val_loss: 1 / 3 },
  examplesSeen: 842,
  seconds: 1.5,
  finished: [],
};
const TENSORS: NamedTensors = new Map([
  ['dense_1/kernel', Float32Array.from({ length: 784 }, (_, at) => Math.sin(at))],
  ['dense_1/kernel/mean', Float32Array.of(NaN, -0, Infinity, 1e-40)],
  ['empty', new Float32Array(0)],
]);
const WHOSE = { spec_digest: HEAD.spec_digest, name: HEAD.name };

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});

/** A fresh folder with a checkpoint in it. */
async function written(head = HEAD, tensors = TENSORS): Promise<string> {
  const place = join(folder, String((count += 1)));
  await mkdir(place);
  await writeCheckpoint(place, head, tensors);
  return place;
}
const bytesOf = (tensors: NamedTensors) => [...tensors].map(([name, values]) => [name, Buffer.from(values.buffer).toString('hex')]);

describe('a checkpoint file', () => {
  it('gives back every bit of every number', async () => {
    const { head, tensors } = await readCheckpoint(await written(), WHOSE);
    expect(head).toEqual(HEAD);
    expect(bytesOf(tensors)).toEqual(bytesOf(TENSORS));
  });

  it('gives back any sums and tensors', async () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), number), fc.dictionary(fc.string(), fc.float32Array({ maxLength: 40 })), async (sums, values) => {
        const tensors = new Map(Object.entries(values));
        const saved = await readCheckpoint(await written({ ...HEAD, metrics: sums }, tensors), WHOSE);
        expect(saved.head.metrics).toEqual({ ...sums });
        expect(bytesOf(saved.tensors)).toEqual(bytesOf(tensors));
      }),
      { numRuns: 60 },
    );
  });

  it('is refused with any one bit flipped: 1,000 places', async () => {
    const bytes = await readFile(join(await written(), CHECKPOINT_FILE));
    const draws = stream(1, 'flips');
    const damaged = join(await written(), CHECKPOINT_FILE);
    for (let flip = 0; flip < 1000; flip += 1) {
      const copy = Buffer.from(bytes);
      const at = draws.below(copy.length);
      copy[at]! ^= 1 << draws.below(8);
      await writeFile(damaged, copy);
      await expect(readCheckpoint(join(damaged, '..'), WHOSE)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
    }
  });

  it('is refused cut off anywhere: 200 lengths', async () => {
    const bytes = await readFile(join(await written(), CHECKPOINT_FILE));
    const place = await written();
    for (let cut = 0; cut < 200; cut += 1) {
      await writeFile(join(place, CHECKPOINT_FILE), bytes);
      await truncate(join(place, CHECKPOINT_FILE), Math.floor((cut * bytes.length) / 200));
      await expect(readCheckpoint(place, WHOSE)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
    }
  });

  it.each<[string, (place: string) => Promise<unknown>]>([
    ['that is missing', (place) => rm(join(place, CHECKPOINT_FILE))],
    ['with bytes after its end', async (place) => writeFile(join(place, CHECKPOINT_FILE), 'x', { flag: 'a' })],
    ['that is a link out of the store', async (place) => {
      await rm(join(place, CHECKPOINT_FILE));
      await symlink('/etc/passwd', join(place, CHECKPOINT_FILE));
    }],
    ['that is a folder', async (place) => {
      await rm(join(place, CHECKPOINT_FILE));
      await mkdir(join(place, CHECKPOINT_FILE));
    }],
    ['of another job', async (place) => copyFile(join(await written({ ...HEAD, spec_digest: 'b'.repeat(64) }), CHECKPOINT_FILE), join(place, CHECKPOINT_FILE))],
    ['that was swapped with another of the job', async (place) => copyFile(join(await written({ ...HEAD, name: '000001-000002' }), CHECKPOINT_FILE), join(place, CHECKPOINT_FILE))],
  ])('is refused when it is one %s', async (_, damage) => {
    const place = await written();
    await damage(place);
    await expect(readCheckpoint(place, WHOSE)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
  });

  it('is never written over another', async () => {
    await expect(writeCheckpoint(await written(), HEAD, TENSORS)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});
