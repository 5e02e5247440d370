// The memory of a process that trains: under the bound by which a job is accepted, streamed and with everything in memory.
import { beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DatasetContent } from '#contract/dataset.js';
import type { JobRequest } from '#contract/job-request.js';
import { PackedWriter } from '#datasets/packed-writer.js';
import { stream } from '#engine/random.js';
import { resolveSpec } from '#jobs/resolve.js';
import { trainingMemoryBytes, type Load } from '#models/memory.js';
import { ARTICLE, classNames } from '../support/networks.js';
import { requireBuilt } from '../support/built.js';
import { temporaryFolder } from '../support/store.js';

const PROGRAM = fileURLToPath(new URL('./peak-memory.mjs', import.meta.url));
const [TRAIN, TEST, BATCH, ADDED_ROWS] = [500_000, 100_000, 512, 10_000];
const WIDTH = 784;

let folder: string;
let content: DatasetContent;
beforeAll(async () => {
  requireBuilt();
  folder = await temporaryFolder();
  const draws = stream(1, 'test/pixels');
  const rows = Uint8Array.from({ length: ADDED_ROWS * WIDTH }, () => draws.below(256));
  const labels = Int32Array.from({ length: ADDED_ROWS }, () => draws.below(10));
  const writer = await PackedWriter.open(folder, { shape: [28, 28, 1], dtype: 'uint8', classNames: classNames(10) });
  for (let at = 0; at < TRAIN; at += ADDED_ROWS) await writer.add('train', rows, labels);
  for (let at = 0; at < TEST; at += ADDED_ROWS) await writer.add('test', rows, labels);
  content = await writer.finish(null);
}, 120_000);

/** 392 MB to train on and 78 MB to test on, which are six windows and two. */
it.each([
  ['in_memory', 0],
  ['in_memory', 0.2],
  ['streamed', 0],
  ['streamed', 0.2],
] as const)(
  'of a job whose data are %s and of which %d validate stays under the bound',
  async (data, validationSplit) => {
    const request: JobRequest = {
      type: 'pretrain',
      dataset: 'ds_1',
      model: { architecture: 'mlp', hidden: [128] },
      training: { epochs: 1, batch_size: BATCH, validation_split: validationSplit },
    };
    const load: Load = {
      architecture: ARTICLE, optimizer: 'sgd', batchSize: BATCH, examples: TRAIN + TEST, trainExamples: TRAIN * (1 - validationSplit), rowBytes: WIDTH, featureBytes: 0, augmented: false,
    };
    const boundBytes = trainingMemoryBytes(load, data);
    const spec = resolveSpec(request, { id: 'ds_1', content }, null, boundBytes + 2 ** 20);
    expect(spec.data).toBe(data);
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify({ folder, spec })], { env: { ...process.env, NODE_OPTIONS: '' } });
    const { peakBytes } = JSON.parse(stdout) as { peakBytes: number };
    process.stderr.write(`${data}, ${validationSplit}: ${Math.round(peakBytes / 1e6)} MB of ${Math.round(boundBytes / 1e6)} MB\n`);
    expect(peakBytes).toBeLessThan(boundBytes);
  },
  300_000,
);
