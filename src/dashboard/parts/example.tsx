// One example of a data set: a picture, drawn as it is packed, or the values of a row.
import type { DatasetExample } from '../../contract/dataset-report.js';
import type { Preprocessing } from '../../contract/dataset.js';
import { number } from '../format.js';
import { rowOf } from './example-row.js';
import { Pixels } from './pixels.js';

export const isPicture = (shape: readonly number[]): boolean => shape.length === 3 && (shape[2] === 1 || shape[2] === 3);

/** @param most values that are shown of a row */
export function Example({ of: example, columns, most = 6 }: { of: DatasetExample; columns: Preprocessing['columns']; most?: number }) {
  if (isPicture(example.shape)) return <Picture of={example} />;
  const row = rowOf(example.values, columns);
  return (
    <dl class="row-values">
      {row.slice(0, most).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value === null ? 'missing' : typeof value === 'number' ? number(value) : value}</dd></div>)}
      {row.length > most && <div class="quiet">and {row.length - most} more</div>}
    </dl>
  );
}

function Picture({ of: { shape, values, index, part } }: { of: DatasetExample }) {
  const [height, width, channels] = shape as [number, number, number];
  return <Pixels values={values} height={height} width={width} channels={channels} range={rangeOf(values)} label={`Example ${index} of the ${part} part`} />;
}

/** Bytes are what they are; other scales are pulled onto theirs. */
function rangeOf(values: readonly (number | null)[]): readonly [black: number, white: number] {
  let [low, high] = [0, 1];
  for (const value of values) {
    low = Math.min(low, value ?? 0);
    high = Math.max(high, value ?? 0);
  }
  return low === 0 && high > 1 && high <= 255 ? [0, 255] : [low, high];
}
