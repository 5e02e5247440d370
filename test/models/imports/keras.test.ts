// Models as Keras saves them, from files that keras/make.py wrote: they give what Keras said they give.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import type { NamedBytes } from '../../support/idx.js';
import { readFiles } from '../../support/model-files.js';
import { everyTestFreesItsTensors, failureOfPromise, largestDifference } from '../../support/networks.js';
import { zipOf } from '../../support/numpy.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const made = (name: string): Buffer => gunzipSync(readFileSync(new URL(`keras/${name}.gz`, import.meta.url)));
const sent = (name: string): NamedBytes[] => [{ name, bytes: made(name) }];
const outputs = JSON.parse(made('outputs.json').toString()) as Record<string, { inputs: number[][]; outputs: number[][] }>;
const failure = async (files: readonly NamedBytes[]): Promise<string> => {
  const { code, message } = await failureOfPromise(readFiles(files));
  return `${code}: ${message}`;
};

describe('A model that Keras saved', () => {
  it.each(['sequential.keras', 'sequential.h5', 'sequential_packed.h5', 'functional.keras', 'functional.h5', 'sequence.keras', 'sequence.h5'])('%s gives what Keras gives', async (name) => {
    const { architecture, weights, format } = await readFiles(sent(name));
    expect(format).toBe(name.endsWith('.h5') ? 'keras_h5' : 'keras_v3');
    const told = outputs[name.split(/[._]/)[0]!]!;
    const network = await buildNetwork(tf, architecture, weights);
    const given = tf.tidy(() => network.apply(tf.tensor(told.inputs.flat(), [3, ...architecture.input_shape]), false).dataSync());
    network.dispose();
    expect(largestDifference(given, told.outputs.flat())).toBeLessThanOrEqual(1e-5);
  });

  it('keeps the names of its layers, and what does what one of them does not do here', async () => {
    const { architecture } = await readFiles(sent('sequential.keras'));
    expect(architecture.layers.map(({ class_name: layerClass }) => layerClass)).toEqual([
      'Conv2D', 'BatchNormalization', 'MaxPooling2D', 'Dropout', 'GlobalAveragePooling2D', 'Reshape', 'Flatten', 'Dense', 'LeakyReLU', 'Dense',
    ]);
    expect(architecture.layers[0]).toMatchObject({ name: 'conv2d', config: { kernel_initializer: 'he_normal', activation: 'relu' } });
  });

  it.each(['lambda.keras', 'lambda.h5'])('is refused for a Lambda by name: %s (B38, B40)', async (name) => {
    expect(await failure(sent(name))).toMatch(/^LAYER_NOT_ALLOWED.*"Lambda"/);
  });

  it('is refused for a layer of its maker’s own (B40)', async () => {
    expect(await failure(sent('custom.keras'))).toMatch(/^LAYER_NOT_ALLOWED.*"mine>Doubling"/);
  });

  it('is refused where it leads to another file, by a link or by an array that lies there (B40)', async () => {
    expect(await failure(sent('outside.h5'))).toMatch(/^LAYER_NOT_ALLOWED.*a link out/);
    expect(await failure(sent('external.h5'))).toMatch(/^LAYER_NOT_ALLOWED.*a link out/);
  });

  it('is refused where its groups hold each other, or one another twice over (B40)', async () => {
    const whole = made('sequential.h5');
    // Tables of symbols, the root's own first: an entry of 40 bytes has the address of its object 8 bytes on.
    const tables: number[] = [];
    for (let at = whole.indexOf('SNOD'); at >= 0; at = whole.indexOf('SNOD', at + 1)) tables.push(at);
    const withEntries = (extra: Buffer, address: number): Buffer => {
      const bytes = Buffer.concat([whole, extra]);
      for (const table of tables.slice(1)) {
        for (let entry = 0; entry < bytes.readUInt16LE(table + 6); entry += 1) bytes.writeBigUInt64LE(BigInt(address), table + 8 + entry * 40 + 8);
      }
      return bytes;
    };
    // Each group has two links to the next: of thirty there are a thousand million paths.
    const groupBytes = 7 + 2 * 16 + 4;
    const link = (name: string, level: number): Buffer => {
      const bytes = Buffer.from([6, 12, 0, 0, 1, 0, 1, name.charCodeAt(0), 0, 0, 0, 0, 0, 0, 0, 0]);
      bytes.writeBigUInt64LE(BigInt(whole.length + level * groupBytes), 8);
      return bytes;
    };
    const group = (level: number): Buffer => Buffer.concat([Buffer.from('OHDR'), Buffer.from([2, 0, 32]), link('a', level + 1), link('b', level + 1), Buffer.alloc(4)]);
    const empty = Buffer.concat([Buffer.from('OHDR'), Buffer.from([2, 0, 0]), Buffer.alloc(4)]);
    const many = Buffer.concat([...Array.from({ length: 30 }, (_, level) => group(level)), empty]);

    for (const [bytes, why] of [[withEntries(Buffer.alloc(0), Number(whole.readBigUInt64LE(64))), 'too deep'], [withEntries(many, whole.length), 'no end']] as const) {
      const before = process.cpuUsage();
      expect(await failure([{ name: 'a.h5', bytes }])).toMatch(new RegExp(`^MODEL_CORRUPT.*${why}`));
      expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
    }
  });

  it('is refused where it holds weights alone, or half of an archive', async () => {
    expect(await failure([{ name: 'model.weights.h5', bytes: made('outside.h5').subarray(0, 40) }])).toMatch(/^MODEL_CORRUPT/);
    expect(await failure([{ name: 'a.keras', bytes: zipOf([{ name: 'config.json', bytes: Buffer.from('{}') }]) }])).toMatch(/^MODEL_FORMAT/);
  });

  it('ends with a code, whatever is cut off or changed in it', async () => {
    const whole = made('sequential.h5');
    let refused = 0;
    for (let at = 0; at < whole.length; at += 1201) {
      const broken = Buffer.from(whole);
      broken[at]! ^= 0xff;
      for (const bytes of [broken, whole.subarray(0, at)]) {
        const { code } = await readFiles([{ name: 'a.h5', bytes }]).then(() => ({ code: 'read' }), (problem: { code?: string }) => ({ code: problem.code }));
        expect(code).toMatch(/^(read|MODEL_FORMAT|MODEL_CORRUPT|MODEL_NOT_SUPPORTED|LAYER_NOT_ALLOWED|LAYER_UNUSED|SHAPE_MISMATCH|MODEL_TOO_LARGE)$/);
        if (code !== 'read') refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(30);
  });
});
