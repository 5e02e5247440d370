// Features kept in files: what they are, when they are found again, and that losing them costs time alone.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { predict } from '#engine/evaluate.js';
import type { Examples } from '#engine/examples.js';
import { FeatureCache, type FeatureCacheOptions } from '#engine/feature-cache.js';
import { featuresInMemory, type Features, type Trunk } from '#engine/features.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { cnn, everyTestFreesItsTensors, largestDifference, stripes } from '../support/networks.js';
import { valuesOf } from '../support/packed.js';
import { temporaryFolder } from '../support/store.js';
import { divide } from '#models/architecture.js';

const { tf, engine } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const { trunk: architecture } = divide(cnn(), 'flatten_1');
const trunkOf = (seed = 1): Trunk => ({ architecture, weights: freshWeights(architecture, seed) });
const from = (examples: Examples, origin?: string): Examples => ({ ...examples, rows: { ...examples.rows, origin } });
const EXAMPLES = from(stripes(40, { shape: cnn().input_shape }), 'digest/train');
const ROOMY = 2 ** 20;

let folder: string;
let caches: FeatureCache[];
beforeEach(async () => {
  folder = await temporaryFolder();
  caches = [];
});
afterEach(async () => {
  await Promise.all(caches.map((cache) => cache.close()));
});

/** As another job would ask. */
async function asked(examples = EXAMPLES, { trunk = trunkOf(), ...options }: Partial<FeatureCacheOptions> & { trunk?: Trunk } = {}): Promise<Features & { values: Float32Array }> {
  const cache = new FeatureCache({ folder, mostBytes: ROOMY, engine, threads: 1, ...options });
  caches.push(cache);
  const features = await cache.featuresOf(tf, trunk, examples, async () => undefined);
  return { ...features, values: (await valuesOf(features.rows)) as Float32Array };
}
const entries = (): Promise<string[]> => readdir(folder);

describe('features that are kept', () => {
  it('are what the trunk gives for each row, whichever examples were chosen from them', async () => {
    const network = await buildNetwork(tf, architecture, trunkOf().weights);
    const expected = await predict(tf, network, EXAMPLES);
    network.dispose();
    const { values, rows } = await asked({ ...EXAMPLES, count: 2, rowOf: Uint32Array.of(3, 7), targets: stripes(2, { shape: cnn().input_shape }).targets });
    expect(rows.count).toBe(40);
    expect(largestDifference(values, expected)).toBeLessThan(1e-6);
    expect(largestDifference(values, (await valuesOf((await featuresInMemory(tf, trunkOf(), EXAMPLES, async () => undefined)).rows)) as Float32Array)).toBe(0);
  });

  it('are found again, with the same bytes, by who asks for the same', async () => {
    const first = await asked();
    const second = await asked();
    expect(first.use).toEqual({ hit: false, bytes: first.values.byteLength, saved_seconds: 0 });
    expect(second.use).toEqual({ hit: true, bytes: first.values.byteLength, saved_seconds: expect.any(Number) });
    expect(second.values).toEqual(first.values);
    expect(await entries()).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof asked>]>([
    ['other rows', [from(stripes(40, { seed: 2, shape: cnn().input_shape }), 'other/train')]],
    ['another part', [from(stripes(40, { shape: cnn().input_shape }), 'digest/test')]],
    ['another preparation', [{ ...EXAMPLES, divideBy: [255, 2] }]],
    ['other weights', [EXAMPLES, { trunk: trunkOf(2) }]],
    ['another cut', [EXAMPLES, { trunk: { ...trunkOf(), architecture: divide(cnn(), architecture.layers[0]!.name).trunk } }]],
    ['another number of threads', [EXAMPLES, { threads: 2 }]],
    ['another engine', [EXAMPLES, { engine: { ...engine, version: '0' } }]],
  ])('are computed anew for %s', async (_, request) => {
    await asked();
    expect((await asked(...request)).use.hit).toBe(false);
    expect(await entries()).toHaveLength(2);
  });

  it('are not kept of rows that nobody can name, nor where there is no room for them', async () => {
    expect((await asked(from(stripes(40, { shape: cnn().input_shape })))).use.hit).toBe(false);
    expect((await asked(EXAMPLES, { mostBytes: 0 })).use.hit).toBe(false);
    expect(await entries()).toEqual([]);
  });

  it('give way to newer ones, those first that were not used for the longest time', async () => {
    const { values } = await asked();
    const [oldest] = await entries();
    await asked(from(stripes(40, { shape: cnn().input_shape }), 'digest/2'));
    const [second] = (await entries()).filter((name) => name !== oldest);
    const long = new Date(Date.now() - 60_000);
    for (const name of [oldest!, second!]) await utimes(join(folder, name), long, long);
    expect((await asked()).use.hit).toBe(true); // and used by that
    await asked(from(stripes(40, { shape: cnn().input_shape }), 'digest/3'), { mostBytes: 2 * values.byteLength });
    expect(await entries()).toHaveLength(2);
    expect(await entries()).toContain(oldest);
    expect(await entries()).not.toContain(second);
  });

  it('can be read on when they are removed meanwhile', async () => {
    await asked();
    const { rows, values } = await asked();
    await rm(folder, { recursive: true });
    expect(await valuesOf(rows)).toEqual(values);
  });

  it('by two at once are one entry, and both have them', async () => {
    const [one, other] = await Promise.all([asked(), asked()]);
    expect(one.values).toEqual(other.values);
    expect(await entries()).toHaveLength(1);
    expect((await asked()).use.hit).toBe(true);
  });

  it.each<[string, (entry: string) => Promise<void>]>([
    ['a byte', async (entry) => {
      const bytes = await readFile(join(entry, 'rows.f32'));
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(join(entry, 'rows.f32'), bytes);
    }],
    ['the end', async (entry) => writeFile(join(entry, 'rows.f32'), (await readFile(join(entry, 'rows.f32'))).subarray(0, -4))],
    ['the index', (entry) => writeFile(join(entry, 'index.json'), '{"rows":')],
    ['one file', (entry) => rm(join(entry, 'rows.f32'))],
  ])('are made again where %s was damaged', async (_, damage) => {
    const { values } = await asked();
    await damage(join(folder, (await entries())[0]!));
    const again = await asked();
    expect(again.use.hit).toBe(false);
    expect(again.values).toEqual(values);
    expect((await asked()).use.hit).toBe(true);
  });

  it('leave nothing behind when computing them is left off', async () => {
    const cache = new FeatureCache({ folder, mostBytes: ROOMY, engine, threads: 1 });
    caches.push(cache);
    const stopping = cache.featuresOf(tf, trunkOf(), EXAMPLES, () => Promise.reject(new Error('enough')));
    await expect(stopping).rejects.toThrow('enough');
    expect(await entries()).toEqual([]);
  });
});
