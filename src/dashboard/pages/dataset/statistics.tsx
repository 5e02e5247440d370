// Statistics of the values, of each channel or column, part by part.
import type { DatasetContent } from '../../../contract/dataset.js';
import type { Findings } from '../../../contract/dataset-report.js';
import { partsIn } from '../../../contract/parts.js';
import { number, percent, whole } from '../../format.js';
import { Table } from '../../parts/table.js';
import { inputNames } from './input-names.js';

const MOST_SHOWN = 100;
const said = (value: number | null) => (value === null ? '' : number(Math.abs(value) < 1e-6 ? 0 : value));

export function Statistics({ findings: { input, parts }, content }: { findings: Findings; content: DatasetContent }) {
  const names = input.values_by === 'all' ? ['all values'] : inputNames(content);
  const count = parts.train.values.length;
  return (
    <section class="panel">
      <h2>Values</h2>
      <Table label="Statistics of values" titles={[input.values_by === 'column' ? 'Column' : 'Channel', 'Part', '#Least', '#Most', '#Mean', '#Deviation', '#Missing']} isTall>
            {Array.from({ length: Math.min(count, MOST_SHOWN) }, (_, at) => partsIn(parts).map((part, of) => {
              const { min, max, mean, deviation, missing } = parts[part]!.values[at]!;
              return (
                <tr key={`${at} ${part}`}>
                  <td>{of === 0 ? (names[at] ?? at) : ''}</td><td>{part}</td><td class="number">{said(min)}</td><td class="number">{said(max)}</td><td class="number">{said(mean)}</td><td class="number">{said(deviation)}</td><td class="number">{percent(missing, 1)}</td>
                </tr>
              );
            }))}
          </Table>
      <p class="quiet">As they are packed, before the network scales them{content.preprocessing.columns === undefined ? '' : ': columns of numbers are standardised by the train part'}.{count > MOST_SHOWN && ` And ${whole(count - MOST_SHOWN)} more.`}</p>
    </section>
  );
}
