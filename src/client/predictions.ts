// What a model, or a job so far, says of new examples: /v1/models/{id}/predict, /v1/jobs/{id}/predict.
import type { Predictions, PredictionWanted, PredictRequest, ServingAnswer, ServingRequest } from '../contract/prediction.js';
import type { Connection } from './connection.js';
import { formOf } from './form.js';
import type { CallOptions } from './options.js';
import { part } from './query.js';
import type { FileToSend } from './uploads.js';

/** Raw examples as in a data set; pictures as files; or rows of a table as CSV with a line of names. */
export type Asked = PredictRequest | (PredictionWanted & { files: readonly FileToSend[] }) | (PredictionWanted & { csv: string });

/** @param of path of the model or job */
export function predict(connection: Connection, of: string, asked: Asked, options: CallOptions): Promise<Predictions> {
  const path = `${of}/predict`;
  if ('files' in asked) {
    const { files, ...wanted } = asked;
    return connection.json(path, { method: 'POST', body: formOf(wanted, files) }, options);
  }
  if ('csv' in asked) {
    const { csv, ...wanted } = asked;
    return connection.json(path, { method: 'POST', query: wanted, headers: { 'content-type': 'text/csv' }, body: csv }, options);
  }
  return connection.post(path, asked, options);
}

export const predictAsServing = (connection: Connection, name: string, request: ServingRequest, options: CallOptions): Promise<ServingAnswer> =>
  connection.post(`/v1/models/${part(name)}:predict`, request, options);
