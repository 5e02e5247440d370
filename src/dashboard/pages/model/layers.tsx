// The layers of a network, in their order.
import type { Model } from '../../../contract/model.js';
import { whole } from '../../format.js';
import { CopyButton } from '../../parts/copy.js';
import { Table } from '../../parts/table.js';

/** Settings that say what a layer does, in the order in which they are told; all others are in its title. */
const TOLD = ['units', 'filters', 'kernel_size', 'strides', 'padding', 'pool_size', 'depth_multiplier', 'rate', 'activation', 'axis', 'epsilon', 'target_shape'];

export function Layers({ model: { architecture: { input_shape: shape, layers }, parameters, frozen_layers: frozen = [] } }: { model: Model }) {
  return (
    <section class="panel">
      <div class="head"><h2>{layers.length} layers, {whole(parameters)} parameters</h2><CopyButton text={JSON.stringify({ input_shape: shape, layers }, null, 2)} label="Copy as JSON" /></div>
      <Table label="Layers" titles={['#No.', 'Name', 'Class', 'Settings', 'Takes']}>
            <tr><td /><td class="quiet">input</td><td /><td>{shape.join(' × ')}</td><td /></tr>
            {layers.map(({ name, class_name: className, inputs, config }, at) => (
              <tr key={name}>
                <td class="number">{at + 1}</td>
                <td><code>{name}</code> {frozen.includes(name) && <span class="tag">never trained</span>}</td>
                <td>{className}</td>
                <td title={JSON.stringify(config)}>{told(config)}</td>
                <td class="quiet">{inputs?.join(', ') ?? (at === 0 ? 'input' : 'the one before')}</td>
              </tr>
            ))}
          </Table>
    </section>
  );
}

const told = (config: object): string =>
  TOLD.flatMap((name) => {
    const value = (config as Record<string, unknown>)[name];
    if (value === undefined || value === 'linear' || value === 'valid') return [];
    return [`${name.replace('_', ' ')} ${Array.isArray(value) ? value.join(' × ') : typeof value === 'string' ? value : JSON.stringify(value)}`];
  }).join(', ');
