// The session of README.md runs as it is printed, against the real service, and ends with a model.
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Service } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { blocksOf, textOf } from './markdown.js';

const run = promisify(execFile);
// On a busy machine it takes half a minute.
const LIMIT_MS = 120_000;

const blocks = blocksOf(textOf('README.md')).filter(({ before }) => before.startsWith('<!-- session'));

describe('The session of README.md', () => {
  it('is one block of bash', () => {
    expect(blocks.map(({ info }) => info)).toEqual(['bash']);
  });

  it(
    'pretrains, transfers, reports and fetches a model',
    async () => {
      const service = await Service.start();
      const folder = await temporaryFolder();
      // The block takes its sizes from these variables; all else is as printed.
      const env = { PATH: process.env.PATH, HOME: folder, ROOTSTOCK: service.url, EXAMPLES: '600', EPOCHS: '1' };
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', blocks[0]!.code], { cwd: folder, env, timeout: LIMIT_MS });

      const report = JSON.parse(stdout) as { runs: { role: string; metrics: Record<string, number> }[]; verdict: string };
      expect(report.runs.map(({ role }) => role)).toEqual(['main', 'baseline']);
      expect(report.verdict).toBe('cannot_tell');
      const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as { format: string; weightsManifest: unknown[] };
      expect(model.format).toBe('layers-model');
      const weights = await readFile(join(folder, 'group1-shard1of1.bin'));
      expect(weights.length).toBe(4 * (784 * 128 + 128 + 128 * 10 + 10));
      expect((await service.stop()).code).toBe(0);
    },
    LIMIT_MS,
  );
});
