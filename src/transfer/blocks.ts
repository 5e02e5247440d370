// Blocks of a network: the layers that learn at one rate where rates fall from the output towards the input.
import type { Architecture } from '../contract/layers.js';
import { NORMALIZATION_CONFIGS } from '../contract/layers/normalization.js';
import { trace, type TracedLayer } from '../models/architecture.js';

/** Layers whose names begin with the same of these are one block; those of MobileNetV2 are named so. */
const BLOCK_NAME = /^(block_\d+|expanded_conv)_/;

/**
 * The layers with weights, block by block, in the order of the list (where a network branches, too). A layer with weights that
 * learn begins a block, and a normalisation belongs to the layer before it; layers named `block_<number>_…` are one block together.
 */
export function blocksOf(architecture: Architecture): string[][] {
  const weighted = trace(architecture).filter(({ weights }) => weights.length > 0);
  const begun = weighted.map(blockBegunBy);
  // A normalisation of the network's own input has no layer before it, and goes with the first after it.
  let current = begun.find((block) => block !== undefined) ?? '';
  const blocks = new Map<string, string[]>();
  for (const [index, { layer }] of weighted.entries()) {
    current = begun[index] ?? current;
    blocks.set(current, [...(blocks.get(current) ?? []), layer.name]);
  }
  return [...blocks.values()];
}

/** The name of the block that the layer begins or is named after; undefined where it goes with the layer before it. */
function blockBegunBy({ layer, weights }: TracedLayer): string | undefined {
  const named = BLOCK_NAME.exec(layer.name)?.[1];
  const begins = !(layer.class_name in NORMALIZATION_CONFIGS) && weights.some(({ learns }) => learns);
  return named ?? (begins ? layer.name : undefined);
}
