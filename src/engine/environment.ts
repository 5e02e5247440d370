// What a run was made by, beside its spec and data: where it is the same, so are the bytes.
import type { Environment } from './checkpoint.js';

/** In what the environment of then differs from that of now; where in nothing, the bytes will be the same. */
export const differences = (then: Environment, now: Environment): string[] => [
  ...(['name', 'version', 'device'] as const).filter((key) => then.engine[key] !== now.engine[key]).map((key) => `engine ${key}`),
  ...(['node', 'threads', 'processor'] as const).filter((key) => then[key] !== now[key]),
];
