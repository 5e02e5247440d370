// What production has at a fault point: nothing. package.json chooses between this file and armed.ts.
import type { FaultPoint } from './points.js';

/** @throws in tests, where a fault strikes here */
export const faultPoint: (name: FaultPoint) => void | Promise<void> = () => undefined;
