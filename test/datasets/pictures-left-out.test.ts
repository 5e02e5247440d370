// Pictures are packed while the others are still decoded, on the presumption that all can be read. Where one cannot, the data set is what it would be without it.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPORT_FILE, type StoredReport } from '#datasets/report/report-files.js';
import { stream } from '#engine/random.js';
import type { NamedBytes } from '../support/idx.js';
import { greyPng, ingest, refusal, zipFile } from '../support/pictures.js';

const SIDE = 64;
/** Of 4 KiB each: more than a batch, which is a mebibyte, and far more than are decoded at a time. */
const PICTURES = 300;

let bytes: Buffer[];
beforeAll(async () => {
  const random = stream(11, 'pictures');
  bytes = await Promise.all(Array.from({ length: PICTURES }, () => greyPng(Uint8Array.from({ length: SIDE * SIDE }, () => random.uniform() * 256), SIDE, SIDE)));
});

const LAYOUTS: [string, (at: number) => string][] = [
  ['that are split by the service', (at) => `${at % 3 === 0 ? 'cats' : 'dogs'}/${at}.png`],
  ['in parts', (at) => `${['train', 'validation', 'test'][at % 3]}/${at % 2 === 0 ? 'cats' : 'dogs'}/${at}.png`],
];
const named = (nameOf: (at: number) => string): NamedBytes[] => bytes.map((picture, at) => ({ name: nameOf(at), bytes: picture }));
const reportOf = async (folder: string): Promise<StoredReport['report']> =>
  (JSON.parse(await readFile(join(folder, REPORT_FILE), 'utf8')) as { value: StoredReport }).value.report;

describe.each(LAYOUTS)('pictures %s', (_, nameOf) => {
  it.each([['the first', [0]], ['one in the middle', [PICTURES >> 1]], ['the last', [PICTURES - 1]], ['one of each part, early and late', [5, 7, 150, 298]]])('of which some cannot be read are packed and reported as the others alone: %s', async (_which, bad) => {
    const pictures = named(nameOf);
    const damaged = pictures.map((picture, at) => (bad.includes(at) ? { ...picture, bytes: picture.bytes.subarray(0, picture.bytes.length >> 1) } : picture));
    const [some, others] = [await ingest([zipFile(damaged)]), await ingest([zipFile(pictures.filter((__, at) => !bad.includes(at)))])];
    expect(some.content).toEqual(others.content);
    const [report, expected] = [await reportOf(some.outFolder), await reportOf(others.outFolder)];
    expect(report.rows).toEqual({ read: PICTURES - bad.length, skipped: bad.length });
    expect(report.findings).toEqual(expected.findings);
  });

  it('of which the last has another size become what they would have become with it at the front', async () => {
    const wide = await greyPng(new Uint8Array(SIDE * 2 * SIDE), SIDE, 2 * SIDE);
    const withWide = (at: number) => ingest([zipFile(named(nameOf).map((picture, place) => (place === at ? { ...picture, bytes: wide } : picture)))]);
    const [last, first] = [await withWide(PICTURES - 1), await withWide(0)];
    expect(last.content.input_shape).toEqual(first.content.input_shape);
    expect(last.content.parts).toEqual(first.content.parts);
    expect((await reportOf(last.outFolder)).rows).toEqual({ read: PICTURES, skipped: 0 });
  });

  it('of an archive whose last entry is damaged are refused for that', async () => {
    const pictures = named(nameOf);
    const { failure } = await refusal([zipFile(pictures.map((picture, at) => (at === PICTURES - 1 ? { ...picture, checksum: 1 } : picture)))]);
    expect(failure).toMatch(/^ARCHIVE_CORRUPT: .* the checksum of ".*\/299\.png" is wrong/);
  });

  it('of which a class has but one that can be read are refused for that, once the others were told', async () => {
    const only = nameOf(0).replace(/cats|dogs/, 'birds');
    const lone = nameOf(1).replace(/cats|dogs/, 'birds');
    const pictures = named(nameOf).map((picture, at) => (at === 0 ? { ...picture, name: only } : at === 1 ? { name: lone, bytes: picture.bytes.subarray(0, 200) } : picture));
    const { failure } = await refusal([zipFile(pictures)], { onBadRows: 'refuse' });
    expect(failure).toMatch(/^ROWS_REFUSED: "pictures.zip", ".*birds\/1\.png" cannot be read/);
  });
});
