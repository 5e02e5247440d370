// Whether a model takes what a data set holds: inputs of its shape, made of the same columns in the same way.
import type { DatasetContent, Preprocessing, TableColumn } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { Base } from './base.js';

/** @throws INPUT_MISMATCH at /dataset */
export function requireSameShape({ architecture }: Pick<Base, 'architecture'>, { input_shape: shape }: DatasetContent): void {
  const written = (axes: readonly number[]): string => `[${axes.join(', ')}]`;
  if (written(architecture.input_shape) !== written(shape)) throw ServiceError.of('INPUT_MISMATCH', written(architecture.input_shape), written(shape)).at('/dataset');
}

/** That raw values become numbers by the same steps. @throws PREPROCESSING_MISMATCH at /dataset */
export function requireSamePreparation(ofModel: Preprocessing, ofData: Preprocessing): void {
  const steps = ({ steps: list }: Preprocessing): string => JSON.stringify(list);
  if (steps(ofModel) !== steps(ofData)) throw ServiceError.of('PREPROCESSING_MISMATCH', steps(ofModel), steps(ofData)).at('/dataset');
}

/** Columns, their order, categories and standardisation. @throws PREPROCESSING_MISMATCH at /dataset */
export function requireSameColumns({ columns: ofModel = [] }: Preprocessing, { columns: ofData = [] }: Preprocessing): void {
  const said = (column: TableColumn | undefined): string => (column === undefined ? 'no such column' : JSON.stringify(column).slice(0, 200));
  for (let at = 0; at < Math.max(ofModel.length, ofData.length); at += 1) {
    if (JSON.stringify(ofModel[at]) !== JSON.stringify(ofData[at])) throw ServiceError.of('PREPROCESSING_MISMATCH', said(ofModel[at]), said(ofData[at])).at('/dataset');
  }
}
