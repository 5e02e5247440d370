// A multipart upload, part by part: fields are gathered, files are streamed on as they come.
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Ajv } from 'ajv';
import { DatasetForm, MOST_FILES } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { SentFile } from '../datasets/receive.js';
import { failureOf } from './validation.js';

export interface Upload {
  /** The files as they arrive; each is to be read to its end before the next is asked for. */
  files: AsyncIterable<{ name: string; bytes: Readable }>;
  /** The fields, complete once the files have been read. */
  fields: () => DatasetForm;
  maxBytes: number;
  /** To be called with the files once all was received. */
  received: (files: readonly SentFile[]) => Promise<void>;
}

const MOST_FIELDS = 10_100;
const forms = new Ajv({ allErrors: true, strict: false, verbose: true });
const checkForm = forms.compile(DatasetForm);

/** Hands the upload on. @throws UPLOAD_TOO_LARGE, BAD_REQUEST for a broken multipart stream, 422 for wrong fields */
export async function readUpload<T>(request: FastifyRequest, maxBytes: number, accept: (upload: Upload) => Promise<T>): Promise<T> {
  const fields: Record<string, unknown> = {};
  const limits = { files: MOST_FILES, fields: MOST_FIELDS, fileSize: maxBytes, fieldSize: 2 ** 20 };
  // What the reader of the multipart stream complains of, most of it without a code, it throws or says of a file's stream.
  const streams: Readable[] = [];
  let thrown: unknown;

  async function* files(): Upload['files'] {
    try {
      for await (const part of request.parts({ limits })) {
        if (part.type === 'field') gather(fields, part.fieldname, part.value);
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
    return await accept({ files: files(), fields: () => checked(fields), maxBytes, received });
  } catch (problem) {
    throw asServiceError(problem, maxBytes, problem === thrown || streams.some(({ errored }) => problem === errored));
  }
}

/** Reads an upload to its end and keeps nothing of it, to see whether it is the one that was received before. */
export async function receiveAgain({ files, received }: Upload): Promise<void> {
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
  await received(sent);
}

/** Tells one upload from another by what is in it: the boundary between its parts is another each time. */
export const digestOf = (fields: Record<string, unknown>, files: readonly SentFile[]): string =>
  createHash('sha256')
    .update(JSON.stringify([Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)), files.map(({ name, size_bytes: size, sha256 }) => [name, size, sha256])]))
    .digest('hex');

/** Fields whose value is the text of a JSON object. */
const OBJECT_FIELDS: ReadonlySet<string> = new Set(['pictures', 'table']);

/** A list may be sent as one JSON array or as the field repeated. */
export function gather(fields: Record<string, unknown>, name: string, value: unknown): void {
  const text = String(value);
  if (OBJECT_FIELDS.has(name)) {
    fields[name] = parsed(name, text, 'a JSON object');
  } else if (name === 'class_names') {
    const list: unknown = text.trimStart().startsWith('[') ? parsed(name, text, 'a JSON array of names') : [text];
    fields[name] = [...((fields[name] as unknown[] | undefined) ?? []), ...(list as unknown[])];
  } else {
    fields[name] = value;
  }
}

function parsed(name: string, text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ServiceError.of('INVALID_VALUE', `is not ${what}`).at(`/${name}`);
  }
}

function checked(fields: Record<string, unknown>): DatasetForm {
  if (checkForm(fields)) return fields;
  throw failureOf(forms, checkForm.errors ?? [], fields);
}

/** Failures of the multipart reader; all others pass, those of the disk among them, which reach the reader's streams too. */
function asServiceError(problem: unknown, maxBytes: number, ofReader: boolean): unknown {
  const code = (problem as { code?: unknown }).code;
  if (problem instanceof ServiceError || (typeof code !== 'string' && !ofReader)) return problem;
  if (code === 'FST_REQ_FILE_TOO_LARGE') return ServiceError.of('UPLOAD_TOO_LARGE', `${maxBytes} bytes`);
  if (code === 'FST_FILES_LIMIT') return ServiceError.of('IDX_PARTS', `more than ${MOST_FILES} files were sent`);
  const broken = typeof code !== 'string' || code.startsWith('FST_') || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
  return broken ? ServiceError.of('BAD_REQUEST', 'the multipart body is broken') : problem;
}
