// What the service warns of, and how a worker knows of a GPU that is not used.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerStatus } from '#contract/system.js';
import { warningsOf } from '#http/system-warnings.js';
import { hasIdleGpu } from '../../workers/idle-gpu.js';

const worker: WorkerStatus = { id: 'one', started_at: '2026-01-01T00:00:00.000Z', seen_at: '2026-01-01T00:00:00.000Z', engine: null, problem: null, running: [] };

describe('what the service warns of', () => {
  it('is nothing where all is well', () => {
    expect(warningsOf('ok', [worker], 'key')).toEqual([]);
  });

  it('is what is missing, worker by worker', () => {
    expect(warningsOf('ok', [{ ...worker, problem: 'no engine' }, { ...worker, id: 'two', idle_gpu: true }], 'open')).toEqual([
      'Worker one cannot train: no engine',
      expect.stringMatching(/^Worker two has a GPU and trains without it: .*--engine cuda/),
      expect.stringMatching(/^No API_KEY is set/),
    ]);
    expect(warningsOf('ok', [], 'key')).toEqual(['No worker is running: jobs wait.']);
    expect(warningsOf('unavailable', [], 'key')).toEqual([expect.stringMatching(/^The queue server does not answer/)]);
  });
});

describe('a GPU', () => {
  let devices: string;
  beforeAll(async () => void (devices = await mkdtemp(join(tmpdir(), 'rootstock-devices-'))));
  afterAll(() => rm(devices, { recursive: true }));
  const engine = { name: 'tensorflow-cpu', version: '2.21.0', device: 'cpu' } as const;

  it('is idle where its device is there and the engine trains on the CPU', async () => {
    await writeFile(join(devices, 'nvidiactl'), '');
    expect(hasIdleGpu(engine, devices)).toBe(false);
    await writeFile(join(devices, 'nvidia0'), '');
    expect(hasIdleGpu(engine, devices)).toBe(true);
    expect(hasIdleGpu({ ...engine, device: 'cuda' }, devices)).toBe(false);
    expect(hasIdleGpu(null, devices)).toBe(false);
  });
});
