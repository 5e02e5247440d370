// Resumable uploads by the tus protocol 1.0 (https://tus.io/protocols/resumable-upload) with @tus/server, over our own store and with our
// own failures. It is asked with a Request and answers with a Response; routes/uploads.ts makes the one and sends the other.
import { DataStore, Server, Upload } from '@tus/server';
import type { Readable } from 'node:stream';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import { appendToUpload, createUpload, findUpload, removeUpload } from '../datasets/uploads.js';
import type { Store } from '../store/store.js';

export const TUS_VERSION = '1.0.0';
export const UPLOADS_PATH = '/v1/uploads';
const SHA256 = /^[0-9a-f]{64}$/;

export interface TusOptions {
  maxBytes: number;
  /** How long an upload is kept after it was created, in milliseconds. */
  keptMs: () => number;
}

export class Tus {
  private readonly server: Server;
  /** What went wrong with a request, before it was made into an answer in plain text. */
  private readonly problems = new WeakMap<object, unknown>();

  constructor(
    store: Store,
    private readonly options: TusOptions,
  ) {
    const { maxBytes, keptMs } = options;
    this.server = new Server({
      path: UPLOADS_PATH,
      datastore: new Uploads(store, keptMs),
      relativeLocation: true,
      maxSize: maxBytes,
      allowedOrigins: [],
      namingFunction: () => newId('upload'),
      // Who comes with the next bytes is the same sender, whose last connection may be dead without our knowing: it need not wait.
      lockDrainTimeout: 1,
      onResponseError: (request, problem) => {
        this.problems.set(request, problem);
        return undefined;
      },
    });
  }

  /** @throws ServiceError for every answer that is a refusal */
  async answer(request: Request): Promise<Response> {
    const response = await this.server.handleWeb(request);
    if (response.status < 400) return response;
    const problem = this.problems.get(request);
    if (problem instanceof Error && !('status_code' in problem)) throw problem;
    throw this.refusal(request, response.status, await response.text());
  }

  private refusal({ method, url }: Request, status: number, said: string): ServiceError {
    switch (status) {
      case 404:
        return ServiceError.of('UPLOAD_NOT_FOUND', url.split('/').at(-1)!);
      case 409:
        return ServiceError.of('UPLOAD_OFFSET');
      case 413:
        return method === 'POST' ? ServiceError.of('UPLOAD_TOO_LARGE', `the ${this.options.maxBytes} bytes accepted`) : ServiceError.of('UPLOAD_OVERLONG');
      default:
        return ServiceError.of('BAD_REQUEST', said.trim().replace(/\.$/, ''));
    }
  }
}

/** Uploads as @tus/server knows them. */
class Uploads extends DataStore {
  constructor(
    private readonly store: Store,
    private readonly keptMs: () => number,
  ) {
    super();
    this.extensions = ['creation', 'termination', 'expiration'];
  }

  override async create(upload: Upload): Promise<Upload> {
    const metadata = upload.metadata ?? {};
    const { sha256 } = metadata;
    if (sha256 !== undefined && !SHA256.test(sha256 ?? '')) throw ServiceError.of('INVALID_VALUE', 'of sha256 in Upload-Metadata is no SHA-256 in lower-case hexadecimal');
    await createUpload(this.store, upload.id, { size_bytes: upload.size!, metadata, created_at: upload.creation_date! });
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const found = await findUpload(this.store, id);
    if (!found || Date.now() > Date.parse(found.created_at) + this.keptMs()) throw ServiceError.of('UPLOAD_NOT_FOUND', id);
    return new Upload({ id, size: found.size_bytes, offset: found.offset, ...(Object.keys(found.metadata).length > 0 && { metadata: found.metadata }), creation_date: found.created_at });
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    return offset + (await appendToUpload(this.store, id, stream as AsyncIterable<Buffer>));
  }

  override remove(id: string): Promise<void> {
    return removeUpload(this.store, id);
  }

  override getExpiration(): number {
    return this.keptMs();
  }
}
