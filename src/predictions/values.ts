// Instances as nested lists of numbers, in the shape of the input, become rows.
import { ServiceError } from '../contract/errors.js';
import { volume } from '../contract/shape.js';
import { roomFor, type RowType, type RowValues } from '../datasets/rows.js';

const LARGEST_FLOAT = 3.4028234663852886e38;
const isFloat = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= LARGEST_FLOAT;
const isByte = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 255 && Number.isInteger(value);
const KINDS: Readonly<Record<RowType, { fits: (value: unknown) => value is number; said: string }>> = {
  uint8: { fits: isByte, said: 'a whole number from 0 to 255' },
  float32: { fits: isFloat, said: 'a finite number' },
};

/**
 * Row after row. A channel axis of 1 may be missing in any of them.
 * @param pointer of the list of instances
 * @throws INVALID_VALUE with the pointer of the value that is not as it must be
 */
export function rowsOfValues(instances: readonly unknown[], { shape, dtype }: { shape: readonly number[]; dtype: RowType }, pointer: string): RowValues {
  const rows = roomFor({ shape, dtype }, instances.length);
  const width = volume(shape);
  const { fits, said } = KINDS[dtype];

  const fill = (value: unknown, axes: readonly number[], at: number, path: string): void => {
    const [size, ...inner] = axes;
    if (size === undefined) {
      if (!fits(value)) throw ServiceError.of('INVALID_VALUE', `must be ${said}`).at(path);
      rows[at] = value;
      return;
    }
    if (!Array.isArray(value)) throw ServiceError.of('INVALID_VALUE', `must be a list of ${sizesOf(size, inner)}; the model takes instances of shape [${shape.join(', ')}]`).at(path);
    if (value.length !== size) throw ServiceError.of('INVALID_VALUE', `must be a list of ${sizesOf(size, inner)}, not ${value.length}; the model takes instances of shape [${shape.join(', ')}]`).at(path);
    if (inner.length > 0) {
      const step = volume(inner);
      for (let index = 0; index < size; index += 1) fill(value[index], inner, at + index * step, `${path}/${index}`);
      return;
    }
    for (let index = 0; index < size; index += 1) {
      const number: unknown = value[index];
      if (!fits(number)) throw ServiceError.of('INVALID_VALUE', `must be ${said}`).at(`${path}/${index}`);
      rows[at + index] = number;
    }
  };
  instances.forEach((instance, index) => fill(instance, lacksChannels(instance, shape) ? shape.slice(0, -1) : shape, index * width, `${pointer}/${index}`));
  return rows;
}

/** Told by the first of its values: it lies one list less deep than the shape says, and the last axis is of size 1. */
function lacksChannels(instance: unknown, shape: readonly number[]): boolean {
  let depth = 0;
  for (let inner = instance; Array.isArray(inner); inner = inner[0]) depth += 1;
  return shape.at(-1) === 1 && depth === shape.length - 1;
}

const sizesOf = (size: number, inner: readonly number[]): string => (inner.length === 0 ? `${size} numbers` : `${size} lists`);
