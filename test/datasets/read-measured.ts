// A process that reads one archive of pictures and says how that ended, how long it took, and by how much the process grew.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSource } from '#datasets/read-source.js';
import { mostHeldBytes } from '../support/most-held.js';

// The decoder is part of every such process, whatever it reads.
await import('#datasets/readers/pictures/decode.js');
const [folder = '', name = ''] = process.argv.slice(2);
const outFolder = join(folder, 'out');
await mkdir(outFolder);
const source = { files: [{ name, size_bytes: 0, sha256: '' }], generate: null, url: null, class_names: null, on_bad_rows: 'skip' as const };
const before = mostHeldBytes();
const began = performance.now();
const failure = await readSource({ sourceFolder: folder, source, outFolder, maxBytes: 4e9 }).then(() => 'accepted', (error: { code?: string; message: string }) => error.code ?? error.message);
const seconds = (performance.now() - began) / 1000;
process.stdout.write(`${JSON.stringify({ failure, seconds, grownBytes: mostHeldBytes() - before })}\n`);
