// Property tests of the IDX reader: damage is refused with a row of the error table or reads as a data set; nothing crashes or hangs.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ERRORS, ServiceError, type ErrorCode } from '#contract/errors.js';
import { readSource } from '#datasets/read-source.js';
import { fourFiles, placed, replaced, zipped, type NamedBytes } from '../support/idx.js';
import { share } from '../support/share.js';

const FILES = fourFiles([0, 1, 2, 0, 1, 2, 0], [2, 1, 0]);
const ZIPPED = zipped(FILES);
const WHICH = { min: 0, max: FILES.length - 1 };

/** The digest, or the code of a refusal. Anything else fails the test. */
async function read(files: readonly NamedBytes[]): Promise<{ digest?: string; code?: string }> {
  try {
    return { digest: (await readSource({ ...(await placed(files)), maxBytes: 1_000_000 })).digest };
  } catch (error) {
    if (error instanceof ServiceError) return { code: error.code };
    throw error;
  }
}

const CODES = ['FORMAT_UNKNOWN', 'IDX_CORRUPT', 'IDX_PARTS', 'LABEL_OUT_OF_RANGE', 'CLASSES_TOO_FEW', 'CLASS_TOO_SMALL', 'DATASET_TOO_LARGE'];

describe('a sound set of IDX files', () => {
  it('is refused when any file is cut anywhere, plain or gzip', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(WHICH), fc.boolean(), share(), async (at, gzip, part) => {
        const files = gzip ? ZIPPED : FILES;
        const { bytes } = files[at]!;
        expect(CODES).toContain((await read(replaced(files, at, bytes.subarray(0, Math.floor(part * bytes.length))))).code);
      }),
      { numRuns: 150 },
    );
  });

  it('is refused when any bit of a header is flipped', async () => {
    const headerBytes = [16, 8, 16, 8];
    const place = fc.integer(WHICH).chain((at) => fc.tuple(fc.constant(at), fc.nat(headerBytes[at]! - 1), fc.nat(7), fc.boolean()));
    await fc.assert(
      fc.asyncProperty(place, async ([at, byte, bit, gzip]) => {
        const damaged = Buffer.from(FILES[at]!.bytes);
        damaged[byte]! ^= 1 << bit;
        expect(CODES).toContain((await read(replaced(FILES, at, gzip ? gzipSync(damaged) : damaged))).code);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused, or reads as the same data, when any bit of a gzip file is flipped', async () => {
    const { digest } = await read(ZIPPED);
    const place = fc.integer(WHICH).chain((at) => fc.tuple(fc.constant(at), fc.nat(ZIPPED[at]!.bytes.length - 1), fc.nat(7)));
    await fc.assert(
      fc.asyncProperty(place, async ([at, byte, bit]) => {
        const damaged = Buffer.from(ZIPPED[at]!.bytes);
        damaged[byte]! ^= 1 << bit;
        const answer = await read(replaced(ZIPPED, at, damaged));
        if (answer.digest === undefined) expect(CODES).toContain(answer.code);
        else expect([answer.digest, gunzipSync(damaged)]).toEqual([digest, Buffer.from(FILES[at]!.bytes)]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('random bytes', () => {
  const header = fc
    .tuple(fc.constantFrom(0, 8, 9, 13), fc.nat(5), fc.array(fc.constantFrom(0, 1, 2, 3, 7, 255, 65_536, 0xffffffff), { maxLength: 5 }))
    .map(([type, count, sizes]) => {
      const bytes = Buffer.alloc(4 + 4 * sizes.length);
      bytes[2] = type;
      bytes[3] = count;
      sizes.forEach((size, at) => bytes.writeUInt32BE(size, 4 + 4 * at));
      return bytes;
    });
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.tuple(header, fc.uint8Array({ maxLength: 64 })).map((both) => Buffer.concat(both)),
  );
  const anyFile = fc.record({
    name: fc.constantFrom('train-images', 'train-labels', 't10k-images', 'test-labels', 'x'),
    bytes: fc.oneof(anyBytes, anyBytes.map((bytes) => gzipSync(bytes)), anyBytes.map((bytes) => Buffer.concat([Buffer.of(0x1f, 0x8b), bytes]))),
  });

  it('are refused, or happen to be a data set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyFile, { minLength: 1, maxLength: 5 }), async (files) => {
        const { digest, code } = await read(files);
        // They may look like any format, and are then what that one's reader calls them: of the user, not of the service.
        if (digest === undefined) expect(ERRORS[code as ErrorCode]).toMatchObject({ class: 'user' });
      }),
      { numRuns: 300 },
    );
  });
});
