// A multipart upload, part by part: fields are gathered, files are streamed on as they come.
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { DatasetForm, MOST_FILES } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { ModelImportForm } from '../contract/model.js';
import type { SentFile, Upload } from '../datasets/receive.js';
import { failureOf } from './validation.js';

const MOST_FIELDS = 10_100;
const forms = new Ajv({ allErrors: true, strict: false, verbose: true });

/** Fields by a schema, some of them lists or objects. */
export interface Fields<F> {
  check: ValidateFunction<F>;
  lists: readonly string[];
  objects: readonly string[];
  integers: readonly string[];
}

/** What an upload consists of: fields and files. */
export interface UploadForm<F> extends Fields<F> {
  mostFiles: number;
  /** Said of more files than that. */
  tooMany: (why: string) => ServiceError;
}

export function fieldsOf<S extends TSchema>(schema: S): Fields<Static<S>> {
  const { properties } = schema as unknown as { properties: Record<string, { type?: string }> };
  const ofType = (type: string): string[] => Object.keys(properties).filter((name) => properties[name]!.type === type);
  return { check: forms.compile<Static<S>>(schema as object), lists: ofType('array'), objects: ofType('object'), integers: ofType('integer') };
}
export const DATASET_UPLOAD: UploadForm<DatasetForm> = { ...fieldsOf(DatasetForm), mostFiles: MOST_FILES, tooMany: (why) => ServiceError.of('IDX_PARTS', why) };
export const MODEL_UPLOAD: UploadForm<ModelImportForm> = { ...fieldsOf(ModelImportForm), mostFiles: 2_001, tooMany: (why) => ServiceError.of('MODEL_CORRUPT', 'the upload', why) };

/** Hands the upload on. @throws UPLOAD_TOO_LARGE, BAD_REQUEST for a broken multipart stream, 422 for wrong fields */
export async function readUpload<F, T>(
  request: FastifyRequest,
  form: UploadForm<F>,
  maxBytes: number,
  accept: (upload: Upload<F>) => Promise<T>,
): Promise<T> {
  const fields: Record<string, unknown> = {};
  const limits = { files: form.mostFiles, fields: MOST_FIELDS, fileSize: maxBytes, fieldSize: 2 ** 20 };
  // What the reader of the multipart stream complains of, most of it without a code, it throws or says of a file's stream.
  const streams: Readable[] = [];
  let thrown: unknown;

  async function* files(): Upload<F>['files'] {
    try {
      // Of a sender who is gone by now the reader would wait for ever: it listens for what has happened already.
      if (request.raw.destroyed && !request.raw.complete) throw ServiceError.of('BAD_REQUEST', 'the body ended early');
      for await (const part of request.parts({ limits })) {
        if (part.type === 'field') gather(fields, form, part.fieldname, part.value);
        else if (part.fieldname !== 'file') throw ServiceError.of('UNKNOWN_FIELD', part.fieldname, 'the upload').at(`/${part.fieldname}`);
        else {
          streams.push(part.file);
          yield { name: part.filename, bytes: part.file };
        }
      }
    } catch (problem) {
      thrown = problem;
      throw problem;
    }
  }
  try {
    const received = async (sent: readonly SentFile[]): Promise<void> => request.idempotency?.received(digestOf(fields, sent));
    return await accept({ files: files(), fields: () => checked(fields, form), maxBytes, received });
  } catch (problem) {
    throw asServiceError(problem, form, maxBytes, problem === thrown || streams.some(({ errored }) => problem === errored));
  }
}

/** Reads an upload to its end and keeps nothing of it, to see whether it is the one that was received before. */
export async function receiveAgain<F>({ files, received }: Upload<F>): Promise<void> {
  const sent: SentFile[] = [];
  for await (const { name, bytes } of files) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    sent.push({ name, size_bytes: size, sha256: hash.digest('hex') });
  }
  await received?.(sent);
}

/** Tells one upload from another by what is in it: the boundary between its parts is another each time. */
export const digestOf = (fields: Record<string, unknown>, files: readonly SentFile[]): string =>
  createHash('sha256')
    .update(JSON.stringify([Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)), files.map(({ name, size_bytes: size, sha256 }) => [name, size, sha256])]))
    .digest('hex');

/** A list may be sent as one JSON array or as the field repeated; an object is sent as its JSON text, a whole number in digits. */
export function gather<F>(fields: Record<string, unknown>, { lists, objects, integers }: Fields<F>, name: string, value: unknown): void {
  const text = String(value);
  if (objects.includes(name)) {
    fields[name] = parsed(name, text, 'a JSON object');
  } else if (lists.includes(name)) {
    const list: unknown = text.trimStart().startsWith('[') ? parsed(name, text, 'a JSON array') : [text];
    fields[name] = [...((fields[name] as unknown[] | undefined) ?? []), ...(list as unknown[])];
  } else {
    fields[name] = integers.includes(name) && /^\d{1,15}$/.test(text) ? Number(text) : value;
  }
}

function parsed(name: string, text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ServiceError.of('INVALID_VALUE', `is not ${what}`).at(`/${name}`);
  }
}

/** @throws 422 for wrong fields */
export function checked<F>(fields: Record<string, unknown>, { check }: Fields<F>): F {
  if (check(fields)) return fields;
  throw failureOf(forms, check.errors ?? [], fields);
}

/** Failures of the multipart reader; all others pass, those of the disk among them, which reach the reader's streams too. */
function asServiceError<F>(problem: unknown, { mostFiles, tooMany }: UploadForm<F>, maxBytes: number, ofReader: boolean): unknown {
  const code = (problem as { code?: unknown }).code;
  if (problem instanceof ServiceError || (typeof code !== 'string' && !ofReader)) return problem;
  if (code === 'FST_REQ_FILE_TOO_LARGE') return ServiceError.of('UPLOAD_TOO_LARGE', `${maxBytes} bytes`);
  if (code === 'FST_FILES_LIMIT') return tooMany(`more than ${mostFiles} files were sent`);
  const broken = typeof code !== 'string' || code.startsWith('FST_') || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
  return broken ? ServiceError.of('BAD_REQUEST', 'the multipart body is broken') : problem;
}
