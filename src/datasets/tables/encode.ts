// Rows of a table as the network takes them.
import type { TableColumn } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import { categoryOf, widthOf } from './fit.js';
import { at } from './judge.js';
import type { InputColumn } from './roles.js';
import type { Batch } from './scratch.js';

/** Writes a row of a batch into values, from a place on. */
export type Encode<T> = (batch: Batch, row: number, values: T, from: number) => void;

/** Bytes as they are. */
export const pixels = (inputs: readonly InputColumn[]): Encode<Uint8Array> => (batch, row, values, from) => {
  inputs.forEach(({ place }, input) => (values[from + input] = at(batch, place, row)));
};

/** Numbers less their mean, divided by their deviation; of texts a 1 in the place of their category. */
export function standardised(inputs: readonly InputColumn[], columns: readonly TableColumn[]): Encode<Float32Array> {
  const encoders = inputs.map((input, index) => encoderOf(input, columns[index]!));
  return (batch, row, values, from) => {
    for (const encode of encoders) encode(batch, row, values, from);
  };
}

function encoderOf({ place, column }: InputColumn, fitted: TableColumn): Encode<Float32Array> {
  if (fitted.kind === 'numeric') {
    const { at: input, mean, deviation } = fitted;
    return (batch, row, values, from) => {
      const value = at(batch, place, row);
      values[from + input] = Number.isNaN(value) ? 0 : (value - mean) / deviation;
      if (!Number.isFinite(values[from + input])) throw ServiceError.of('VALUE_TOO_FAR', column.name, batch.cells[row]!);
    };
  }
  const places = new Map<string | null | undefined, number>(fitted.categories.map((category, index) => [category, index]));
  const other = fitted.at + widthOf(fitted) - 1;
  return (batch, row, values, from) => {
    const index = places.get(categoryOf(column, at(batch, place, row)));
    values[from + (index === undefined ? other : fitted.at + index)] = 1;
  };
}
