// Factors and offsets that no kernel can take in: a Rescaling where they are the same for all channels, a BatchNormalization where each
// channel has its own, whose numbers are weights then and no settings.
import type { LayerSpec } from '../../../contract/layers.js';
import type { Shape } from '../../../contract/shape.js';
import { checkedLayer } from '../checked-layer.js';
import type { SourceLayer, StoredWeight } from '../source.js';
import { Affine, isByChannel, type AffineStep } from './affine.js';
import type { GraphNode } from './nodes.js';
import type { Output } from './reading.js';

/** With a variance of 1 less this, a power of two, a normalization divides by exactly 1. */
const EPSILON = 2 ** -10;

export class ChannelLayer implements SourceLayer {
  readonly from: readonly Output[];
  private node: GraphNode;
  private readonly affine = new Affine();
  private readonly constants: StoredWeight[] = [];

  constructor(node: GraphNode, from: Output, steps: readonly AffineStep[]) {
    this.node = node;
    this.from = [from];
    this.affinely(node, steps);
  }

  get names(): readonly string[] {
    return [this.node.layerName];
  }

  /** @returns false where it cannot do that too */
  affinely(node: GraphNode, steps: readonly AffineStep[]): boolean {
    if (!this.affine.then(steps)) return false;
    this.constants.push(...steps.map(({ by }) => by));
    this.node = node;
    return true;
  }

  specs([input]: readonly [Shape]): LayerSpec[] {
    const odd = this.constants.find((constant) => !isByChannel(constant, input.length + 1, input.at(-1)!));
    if (odd) throw this.node.unsupported(`computes with a constant of the shape [${odd.shape.join(', ')}], which is neither one number nor one for each channel of [${input.join(', ')}]`);
    const { scales, shifts, channels } = this.affine;
    if (channels !== undefined) return [checkedLayer(this.node.shown, 'BatchNormalization', { epsilon: EPSILON, scale: scales, center: shifts })];
    const { scale, offset } = this.affine.of(1);
    if (![scale[0], offset[0]].every(Number.isFinite)) throw this.node.corrupt('it computes with no finite numbers');
    return [checkedLayer(this.node.shown, 'Rescaling', { scale: scale[0], offset: offset[0] })];
  }

  weight(name: string): StoredWeight | undefined {
    const { channels } = this.affine;
    if (channels === undefined) return undefined;
    const values: Record<string, () => ArrayLike<number>> = {
      gamma: () => this.affine.of(channels).scale,
      beta: () => this.affine.of(channels).offset,
      moving_mean: () => new Float64Array(channels),
      moving_variance: () => new Float64Array(channels).fill(1 - EPSILON),
    };
    const found = values[name];
    return found && { shape: [channels], values: () => Float32Array.from(found()) };
  }
}
