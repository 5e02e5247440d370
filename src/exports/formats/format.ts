// What a format of an export does: it writes files, and runs what it wrote in the runtime that users of the format have.
import type { Quantisation } from '../../contract/export-format.js';
import type { Preprocessing } from '../../contract/dataset.js';
import type { Architecture } from '../../contract/layers.js';
import type { TensorFlow } from '../../engine/native.js';
import type { Golden } from '../../models/bundle.js';
import type { Weights } from '../../models/weights.js';

/** A model that is exported. */
export interface Exported {
  /** For people. */
  name: string;
  architecture: Architecture;
  weights: Weights;
  /** Of its outputs; empty where it came without. */
  labels: readonly string[];
  preprocessing: Preprocessing;
  golden: Golden;
  quantisation: Quantisation | null;
}

/** The written model, loaded from its files. Close it after use. */
export interface Runner {
  /** [rows × values] → [rows × outputs], float32. */
  run(inputs: Float32Array, rows: number): Promise<Float32Array>;
  close(): void;
}

export interface Format {
  /** What runs the files here, and with which users run them. */
  readonly runtime: string;
  /** Largest difference of an output from the network's own that is accepted (verify.ts). */
  readonly tolerance: number;
  /** Inputs it is verified on, at most. @default as many as there are */
  readonly mostInputs?: number;
  /** Of which so many are run at once, since the runtime is slow. @default as many as its layers leave room for */
  readonly rowsAtOnce?: number;
  /** Writes into an empty folder. @returns names of the files */
  write(tf: TensorFlow, exported: Exported, folder: string): Promise<string[]>;
  open(tf: TensorFlow, exported: Exported, folder: string): Promise<Runner>;
}
