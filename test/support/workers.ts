// Workers as they announce themselves.
import type { WorkerStatus } from '#contract/system.js';

export const workerStatus = (id: string, running: string[] = []): WorkerStatus => ({
  id, started_at: '2026-01-01T00:00:00.000Z', seen_at: '2026-01-01T00:00:05.000Z', engine: null, problem: null, running,
});
