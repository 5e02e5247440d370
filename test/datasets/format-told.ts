// A process that loads what the API loads, tells the format of pictures, and says whether libvips was in it then, and once it is asked for.
import { readFileSync } from 'node:fs';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetRoutes } from '#http/routes/datasets.js';
import { formatOf } from '#datasets/readers/registry.js';
import { zipOf } from '../support/numpy.js';

const hasDecoder = (): boolean => /libvips|sharp-/.test(readFileSync('/proc/self/maps', 'latin1'));
const folder = await mkdtemp(join(tmpdir(), 'format-told-'));
const path = join(folder, '0');
await writeFile(path, zipOf([{ name: 'cats/1.png', bytes: Buffer.from('x') }]));
const format = typeof datasetRoutes === 'function' ? await formatOf([{ name: 'cats.zip', path }]) : null;
const before = hasDecoder();
await import('#datasets/readers/pictures/decode.js');
await rm(folder, { recursive: true });
process.stdout.write(`${JSON.stringify({ format, before, after: hasDecoder() })}\n`);
