// The ResNet for tables of Gorishniy, Rubachev, Khrulkov & Babenko 2021 (Revisiting Deep Learning Models for Tabular Data,
// arXiv:2106.11959, section 3.2): Prediction(Block(… Block(Linear(x)))), where Block(x) = x + Dropout(Linear(Dropout(ReLU(Linear(BatchNorm(x))))))
// and Prediction(x) = Linear(ReLU(BatchNorm(x))). A category is one input of the first layer, so that its row of that kernel is its embedding.
import type { LayerSpec } from '../../contract/layers.js';
import type { OutputLayer } from '../output-layer.js';

export interface TabularSizes {
  /** Residual blocks. */
  readonly blocks: number;
  /** Units between blocks. */
  readonly width: number;
  /** Units inside a block, as a multiple of `width`. */
  readonly hiddenFactor: number;
  /** Part dropped inside a block, and at its end before the sum. */
  readonly dropout: number;
  readonly residualDropout: number;
}

/** Momentum and epsilon are those of PyTorch, which the authors trained with. */
const normalized = (name: string): LayerSpec => ({ class_name: 'BatchNormalization', name, config: { momentum: 0.9, epsilon: 0.00001 } });
const dense = (name: string, units: number): LayerSpec => ({ class_name: 'Dense', name, config: { units } });
const rectified = (name: string): LayerSpec => ({ class_name: 'ReLU', name, config: {} });
const dropped = (name: string, rate: number): LayerSpec[] => (rate === 0 ? [] : [{ class_name: 'Dropout', name, config: { rate } }]);

/** Inputs of more than one dimension are flattened first. */
export function tabular(inputShape: readonly number[], sizes: TabularSizes, output: OutputLayer): LayerSpec[] {
  const layers: LayerSpec[] = [...(inputShape.length > 1 ? [{ class_name: 'Flatten', name: 'flatten' } as const] : []), dense('input_dense', sizes.width)];
  let end = 'input_dense';
  for (let block = 1; block <= sizes.blocks; block += 1) {
    const within = (part: string): string => `block_${block}_${part}`;
    layers.push(
      normalized(within('bn')),
      dense(within('expand'), Math.round(sizes.hiddenFactor * sizes.width)),
      rectified(within('relu')),
      ...dropped(within('dropout'), sizes.dropout),
      dense(within('project'), sizes.width),
      ...dropped(within('project_dropout'), sizes.residualDropout),
    );
    layers.push({ class_name: 'Add', name: within('add'), inputs: [end, layers.at(-1)!.name!] });
    end = within('add');
  }
  return [...layers, normalized('output_bn'), rectified('output_relu'), { class_name: 'Dense', name: 'predictions', config: output }];
}
