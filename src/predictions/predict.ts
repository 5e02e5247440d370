// A request from its instances to the outputs of the network.
import { ServiceError } from '../contract/errors.js';
import { MOST_PICTURES } from '../contract/prediction.js';
import { volume } from '../contract/shape.js';
import type { Asked } from './find.js';
import type { Inputs } from './messages.js';
import type { PredictPool } from './pool.js';
import { rowsOfCsv, rowsOfRecords } from './table-rows.js';
import { rowsOfValues } from './values.js';

/** What was sent. */
export type Sent =
  /** @param pointer of the list */
  | { form: 'instances'; instances: readonly unknown[]; pointer: string }
  | { form: 'csv'; bytes: Uint8Array }
  | { form: 'pictures'; files: readonly { name: string; bytes: Uint8Array }[] };

interface Read {
  inputs: Inputs;
  instances: number;
  /** Where in the request an instance lies. */
  placeOf: (instance: number) => string;
  /** What a picture is called. */
  nameOf?: (picture: number) => string;
}

export interface Answered {
  asked: Asked;
  /** Before the softmax or sigmoid, float32 [instances × outputs]. */
  outputs: Float32Array;
}

/** How often a checkpoint may go while it is asked: a job at work lets go of older ones all the time. */
const MOST_FINDS = 5;

/**
 * @param find looks up what is asked; again where that was deleted meanwhile
 * @throws what `find` throws, what is wrong with what was sent, and what `PredictPool.run` throws
 */
export async function predict(pool: PredictPool, find: () => Promise<Asked>, sent: Sent): Promise<Answered> {
  let asked = await find();
  const { inputs, instances, placeOf, nameOf } = await readSent(asked, sent).catch(async (problem: unknown) => {
    await asked.stillThere();
    throw problem;
  });
  for (let finds = 1; ; finds += 1) {
    try {
      const [outcome] = await Promise.all([pool.run(asked, inputs, instances), asked.stillThere()]);
      if ('outputs' in outcome) {
        requireFinite(asked, outcome.outputs, placeOf);
        return { asked, outputs: outcome.outputs };
      }
      throw ServiceError.of('PICTURE_UNREADABLE', nameOf!(outcome.picture), outcome.why).at(placeOf(outcome.picture));
    } catch (problem) {
      if (problem instanceof ServiceError && (problem.status < 500 || problem.code.startsWith('PREDICT_'))) throw problem;
      const now = await find();
      await now.stillThere();
      if (now.key === asked.key || finds >= MOST_FINDS) throw problem;
      asked = now;
    }
  }
}

/** @throws MEDIA_TYPE where the model takes another form, and what is wrong with the values */
async function readSent(asked: Asked, sent: Sent): Promise<Read> {
  const { columns, input } = asked.preprocessing;
  if (sent.form === 'csv') {
    if (!columns) throw ServiceError.of('MEDIA_TYPE', 'text/csv', takesPictures(asked) ? 'pictures as multipart/form-data, or JSON: the model takes no tables' : 'JSON: the model takes no tables');
    const { rows, instances } = await rowsOfCsv(sent.bytes, columns);
    return { inputs: { rows }, instances, placeOf: (index) => `/instances/${index}` };
  }
  if (sent.form === 'pictures') {
    if (!takesPictures(asked)) throw ServiceError.of('MEDIA_TYPE', 'multipart/form-data', `${columns ? 'text/csv or ' : ''}JSON: the model takes no pictures`);
    const { files } = sent;
    return { inputs: { pictures: files.map(({ bytes }) => bytes) }, instances: files.length, placeOf: (index) => `/file/${index}`, nameOf: (index) => files[index]!.name };
  }
  const { instances, pointer } = sent;
  const placeOf = (index: number): string => `${pointer}/${index}`;
  if (columns) return { inputs: { rows: rowsOfRecords(instances, columns, pointer) }, instances: instances.length, placeOf };
  if (takesPictures(asked) && isEncoded(instances[0])) return encodedPictures(instances, pointer);
  return { inputs: { rows: rowsOfValues(instances, input, pointer) }, instances: instances.length, placeOf };
}

/** JSON has no other numbers. @throws OUTPUT_NOT_FINITE */
function requireFinite({ outputShape }: Asked, outputs: Float32Array, placeOf: Read['placeOf']): void {
  const at = outputs.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw ServiceError.of('OUTPUT_NOT_FINITE').at(placeOf(Math.floor(at / volume(outputShape))));
}

/** Bytes of one or three channels. */
const takesPictures = ({ preprocessing: { input, columns } }: Asked): boolean =>
  !columns && input.dtype === 'uint8' && input.shape.length === 3 && (input.shape[2] === 1 || input.shape[2] === 3);

/** As TensorFlow Serving has bytes in JSON. */
const isEncoded = (instance: unknown): instance is { b64: unknown } => instance !== null && typeof instance === 'object' && 'b64' in instance;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function encodedPictures(instances: readonly unknown[], pointer: string): Read {
  if (instances.length > MOST_PICTURES) throw ServiceError.of('INVALID_VALUE', `must NOT have more than ${MOST_PICTURES} items where they are pictures`).at(pointer);
  const pictures = instances.map((instance, index) => {
    const text = isEncoded(instance) && Object.keys(instance).length === 1 ? instance.b64 : undefined;
    if (typeof text !== 'string') throw ServiceError.of('INVALID_VALUE', 'must be {"b64": …} alone, as the first instance is').at(`${pointer}/${index}`);
    if (!BASE64.test(text)) throw ServiceError.of('INVALID_VALUE', 'must be base64').at(`${pointer}/${index}/b64`);
    return Buffer.from(text, 'base64');
  });
  return { inputs: { pictures }, instances: pictures.length, placeOf: (index) => `${pointer}/${index}/b64`, nameOf: (index) => `instance ${index}` };
}
