// The network as it is validated and published, where that is not as it is trained.
import type { TensorFlow } from '../native.js';
import type { Network } from '../network.js';
import type { StepMap } from './step-map.js';

/** Gives the network what stands in the place of its weights, for good. */
export function putInPlace(tf: TensorFlow, { variables }: Network, maps: readonly StepMap[]): void {
  for (const { stands } of maps) {
    for (const [path, value] of stands) tf.tidy(() => variables.get(path)!.assign(tf.clone(value)));
  }
}

/** Does the work on the network as it would be published. Its weights are then what they were before. */
export async function asPublished<T>(tf: TensorFlow, network: Network, maps: readonly StepMap[], work: () => Promise<T>): Promise<T> {
  const paths = new Set(maps.flatMap(({ stands }) => [...stands.keys()]));
  const before = [...paths].map((path) => [network.variables.get(path)!, tf.clone(network.variables.get(path)!)] as const);
  putInPlace(tf, network, maps);
  try {
    return await work();
  } finally {
    for (const [variable, value] of before) {
      variable.assign(value);
      value.dispose();
    }
  }
}
