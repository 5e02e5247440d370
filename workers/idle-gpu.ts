// Whether this machine has a GPU that nothing trains on: a mistake that nobody notices but by the time it takes.
import { readdirSync } from 'node:fs';
import type { Engine } from '#contract/job.js';

/** NVIDIA's driver makes a device file for each GPU (CUDA Installation Guide for Linux, "Device Node Verification"). */
const GPU = /^nvidia\d+$/;

export function hasIdleGpu(engine: Engine | null, devices: string = '/dev'): boolean {
  return engine?.device === 'cpu' && readdirSync(devices).some((name) => GPU.test(name));
}
