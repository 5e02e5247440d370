// What the pool and a child that predicts say to each other: one message, one answer, but for `drop`, which has none.
import type { ErrorRecord } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import type { Preprocessing } from '../contract/dataset.js';
import type { RowValues } from '../datasets/rows.js';

/** Where the weights of a network lie: in a model's bundle, or in a checkpoint of a job. */
export type WeightsPlace = { from: 'model'; folder: string } | { from: 'checkpoint'; file: string; sha256: string; name: string };

/** A network with its input, by the key that it is called by afterwards. */
export interface LoadMessage {
  kind: 'load';
  key: string;
  architecture: Architecture;
  input: Preprocessing['input'];
  divideBy: readonly number[];
  /** How pictures are brought to the shape of the input. */
  fit: NonNullable<Preprocessing['pictures']>['fit'];
  weights: WeightsPlace;
}

/** What one request asks about: rows as they are packed, or files of pictures that become rows. */
export type Inputs = { rows: RowValues } | { pictures: readonly Uint8Array[] };

export interface RunMessage {
  kind: 'run';
  key: string;
  /** Of several requests, whose rows go through the network together. */
  inputs: readonly Inputs[];
}

export type ToPredictor = LoadMessage | RunMessage | { kind: 'drop'; key: string };

/** What a request came to: the logits or values of its instances, row after row; or which picture cannot be read. */
export type Outcome = { outputs: Float32Array } | { picture: number; why: string };

export type FromPredictor = { kind: 'loaded' } | { kind: 'ran'; outcomes: Outcome[] } | { kind: 'failed'; error: ErrorRecord };
