// An upload of one file that is the body itself, as `curl --data-binary` sends it: options are in the query, digests in headers.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { DatasetQuery, type DatasetForm } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { plainName, type SentFile, type Upload } from '../datasets/receive.js';
import { flowInto } from './body-stream.js';
import { checking, digestsOf, sha256Of } from './digest-headers.js';
import { checked, digestOf, fieldsOf, gather } from './upload.js';

/** What one file may be sent as. The content decides what it is; curl says the second of whatever it is not told the type of. */
const FILE_TYPES = [
  'application/octet-stream', 'application/x-www-form-urlencoded', 'application/gzip', 'application/x-gzip', 'application/zip', 'application/x-zip-compressed',
  'application/x-tar', 'application/vnd.apache.parquet', 'application/x-ndjson', 'application/jsonl', 'text/csv', 'text/tab-separated-values',
];
const QUERY = fieldsOf(DatasetQuery);

/** Has all routes of this plugin take such bodies, as streams. */
export function takeRawFiles(app: FastifyInstance): void {
  app.addContentTypeParser(FILE_TYPES, (_request, payload, done) => done(null, payload));
}

export const isRawFile = ({ headers }: FastifyRequest): boolean =>
  FILE_TYPES.includes((headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase());

/**
 * Hands the file on as an upload.
 * @throws UPLOAD_TOO_LARGE, DIGEST_MISMATCH, MEDIA_TYPE for a coding of the content, BAD_REQUEST for a body that breaks off, 422 for a wrong query
 */
export async function readRawUpload<T>(request: FastifyRequest, maxBytes: number, accept: (upload: Upload<DatasetForm>) => Promise<T>): Promise<T> {
  const { headers } = request;
  const coding = headers['content-encoding'] ?? 'identity';
  if (coding.toLowerCase() !== 'identity') throw ServiceError.of('MEDIA_TYPE', `Content-Encoding: ${coding}`, 'the file as it is, also where it is a gzip file');
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw ServiceError.of('UPLOAD_TOO_LARGE', `${maxBytes} bytes`);
  const { sha256, ...fields } = optionsOf(request);
  const name = fields.name ?? 'file';
  const bytes = checking(plainName(name), [...digestsOf(headers), ...(sha256 === undefined ? [] : [sha256Of(sha256)])]);
  // Not before it is asked for: it may be over, and have failed, while nobody listens.
  async function* files(): Upload<DatasetForm>['files'] {
    yield { name, bytes: flowInto(request.body as Readable, bytes) };
  }
  const received = async (sent: readonly SentFile[]): Promise<void> => request.idempotency?.received(digestOf(fields, sent));
  return accept({ files: files(), fields: () => fields, maxBytes, received });
}

function optionsOf(request: FastifyRequest): DatasetQuery {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, string | string[]>)) {
    for (const one of [value].flat()) gather(options, QUERY, name, one);
  }
  return checked(options, QUERY);
}
