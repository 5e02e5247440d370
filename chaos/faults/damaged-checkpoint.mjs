// F25: checkpoint files that were flipped, cut off, emptied, swapped or replaced.
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint } from '../../dist/engine/checkpoint.js';

const STRIKES = 301;
/** One in six is cut off, as 200 of 1,200. */
const CUT_OF = 6;
const NAMES = ['000001-000001', '000001-000002'];

/** @typedef {{ what: string, place: (path: string) => Promise<void> }} Damage what lies in the file's place */

/** @type {import('./fault.mjs').Fault} */
export const damagedCheckpoint = {
  id: 'F25',
  what: 'a checkpoint with one bit flipped, cut off, emptied, another put in its place, or a link out of the store',
  holds: 'each is refused with CHECKPOINT_CORRUPT before anything of it is used, and the untouched one is read',
  times: 1_204,
  timesProduction: 0,
  async round(rig) {
    const folder = join(rig.folder, `checkpoints-${rig.round}`);
    const [path, other] = await Promise.all(NAMES.map((name) => writeOne(rig, join(folder, name), name)));
    const [bytes, others] = [await readFile(path), await readFile(other)];
    for (let strikes = Math.min(STRIKES, rig.left ?? STRIKES); strikes > 0; strikes -= 1) {
      const { what, place } = damageOf(rig, strikes, bytes, others);
      await rm(path, { force: true });
      await place(path);
      rig.strike(what);
      const problem = await readCheckpoint(join(folder, NAMES[0]), { spec_digest: SPEC, name: NAMES[0] }).then(() => 'nothing was found', (/** @type {any} */ error) => error.code);
      if (problem !== 'CHECKPOINT_CORRUPT') rig.found('digest_mismatches', `${what}: ${problem}`);
    }
    await rm(path, { force: true });
    await writeFile(path, bytes);
    await readCheckpoint(join(folder, NAMES[0]), { spec_digest: SPEC, name: NAMES[0] });
    await rm(folder, { recursive: true });
  },
};

/** @param {import('../rig.mjs').Rig} rig @param {number} left @param {Buffer} bytes @param {Buffer} others @returns {Damage} */
function damageOf(rig, left, bytes, others) {
  const write = (/** @type {Uint8Array} */ damaged) => (/** @type {string} */ path) => writeFile(path, damaged);
  if (left === 1) return { what: 'empty', place: write(Buffer.alloc(0)) };
  if (left === 2) return { what: 'another checkpoint in its place', place: write(others) };
  if (left === 3) return { what: 'a link to /etc/passwd', place: (path) => symlink('/etc/passwd', path) };
  if (left % CUT_OF === 0) {
    const length = rig.random.whole(0, bytes.length - 1);
    return { what: `cut off after ${length} of ${bytes.length} bytes`, place: write(bytes.subarray(0, length)) };
  }
  const bit = rig.random.whole(0, 8 * bytes.length - 1);
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3] ^= 1 << (bit & 7);
  return { what: `bit ${bit} of ${8 * bytes.length} flipped`, place: write(flipped) };
}

const SPEC = 'a'.repeat(64);

/** @param {import('../rig.mjs').Rig} rig @param {string} folder @param {string} name @returns {Promise<string>} the file */
async function writeOne(rig, folder, name) {
  await mkdir(folder, { recursive: true });
  const values = Float32Array.from({ length: 2_000 }, () => rig.random.unit());
  const engine = { name: 'tensorflow-cpu', version: '2.21.0', device: /** @type {const} */ ('cpu') };
  await writeCheckpoint(
    folder,
    {
      spec_digest: SPEC,
      name,
      environment: { engine, node: process.versions.node, threads: 1, processor: 'any' },
      run: 'main',
      cursor: { stage: 0, epoch: 3, step: 45, epochsOfStage: 2, examples: 96 },
      sums: undefined,
      examplesSeen: 1_000,
      seconds: 2.5,
      metrics: { loss: 0.5 },
      finished: [],
    },
    new Map([['dense_1/kernel', values], ['dense_1/bias', values.subarray(0, 10)]]),
  );
  return join(folder, CHECKPOINT_FILE);
}
