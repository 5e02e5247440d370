// What a generator must offer. A new one is a name in the contract, one file, and one line in registry.ts.
import type { RawDataset } from '../raw-dataset.js';

/** A pure function of its arguments: the same examples and seed give the same bytes. */
export type Generator = (examples: number, seed: number) => RawDataset;
