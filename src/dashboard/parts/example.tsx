// One example of a data set: a picture, drawn as it is packed, or the values of a row.
import { useEffect, useRef } from 'preact/hooks';
import type { DatasetExample } from '../../contract/dataset-report.js';
import type { Preprocessing } from '../../contract/dataset.js';
import { number } from '../format.js';
import { rowOf } from './example-row.js';

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
  const canvas = useRef<HTMLCanvasElement>(null);
  const [height, width, channels] = shape as [number, number, number];
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const pixels = context.createImageData(width, height);
    const tone = toneOf(values);
    for (let at = 0; at < width * height; at += 1) {
      for (let channel = 0; channel < 3; channel += 1) pixels.data[4 * at + channel] = tone(values[at * channels + (channels === 3 ? channel : 0)] ?? 0);
      pixels.data[4 * at + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
  }, [values]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={`Example ${index} of the ${part} part`} />;
}

/** Bytes are what they are; other scales are pulled onto theirs. */
function toneOf(values: readonly (number | null)[]): (value: number) => number {
  let [low, high] = [0, 1];
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === 0 && high > 1 && high <= 255) return (value) => value;
  return (value) => (255 * (value - low)) / (high - low);
}
