// Models that a run learns from, as networks beside its own.
import type { LossSettings } from '../contract/losses.js';
import type { Architecture } from '../contract/layers.js';
import { asTrained } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import type { TensorFlow } from './native.js';
import { buildNetwork, type Network } from './network.js';

export interface Teacher {
  model: string;
  architecture: Architecture;
  weights: Weights;
}

export interface Teaching {
  networks: ReadonlyMap<string, Network>;
  dispose(): void;
}

/** Each gives its outputs as the network that learns from it does: before the activation that the loss has in it. */
export async function buildTeachers(tf: TensorFlow, teachers: readonly Teacher[], { name: loss }: LossSettings): Promise<Teaching> {
  const networks = new Map<string, Network>();
  for (const { model, architecture, weights } of teachers) networks.set(model, await buildNetwork(tf, asTrained(architecture, loss), weights));
  return { networks, dispose: () => networks.forEach((network) => network.dispose()) };
}
