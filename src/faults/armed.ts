// What tests have at a fault point: whatever they arm it with. Loaded under the condition "fault-points" alone.
import type { FaultPoint } from './points.js';

/** Throws for a failure; for a process that ends there, never answers. */
export type Strike = (name: FaultPoint) => void | Promise<void>;

let strike: Strike = () => undefined;

export const faultPoint: Strike = (name) => strike(name);

/** @returns takes it back */
export function armFaultPoints(by: Strike): () => void {
  strike = by;
  return () => (strike = () => undefined);
}
