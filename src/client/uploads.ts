// Uploads in pieces, by the tus protocol 1.0: a break costs the piece that was on its way.
import { ApiError, RootstockError } from './errors.js';
import type { Connection } from './connection.js';
import type { CallOptions } from './options.js';
import { part } from './query.js';

const TUS = { 'tus-resumable': '1.0.0' };
const PIECE_BYTES = 8 * 2 ** 20;

/** A file to be sent: a `File` of a browser, or a name with a Blob, such as that of `fs.openAsBlob` in Node. Its bytes are read as they are sent. */
export type FileToSend = File | { name: string; data: Blob };

/** How far sending has come. */
export interface SendProgress {
  sent_bytes: number;
  total_bytes: number;
}

export interface SendOptions extends CallOptions {
  /** Told after each piece. @default nobody */
  onProgress?: ((progress: SendProgress) => void) | undefined;
  /** Told the id as soon as there is one: whoever remembers it can `resume` after a crash. @default nobody */
  onCreated?: ((id: string) => void) | undefined;
  /** SHA-256 of the file in hexadecimal, which the service then holds it to. @default not looked at */
  sha256?: string | undefined;
  /** Bytes of a piece. A try has `timeoutMs` for one, so make them smaller over a slow line. @default 8_388_608 */
  pieceBytes?: number | undefined;
}

export const partsOf = (file: FileToSend): { name: string; data: Blob } => ('data' in file ? file : { name: file.name, data: file });

export class Uploads {
  constructor(private readonly connection: Connection) {}

  /**
   * Sends a file in pieces and resolves to the id of the upload, which `datasets.create({ upload: [id] })` takes. A piece that
   * breaks is sent again from where the service has come to.
   * @example
   * const upload = await client.uploads.send({ name: 'pets.csv', data: file }, { onProgress: ({ sent_bytes }) => console.log(sent_bytes) });
   * const dataset = await client.datasets.create({ name: 'pets', upload: [upload] });
   */
  async send(file: FileToSend, options: SendOptions = {}): Promise<string> {
    const { name, data } = partsOf(file);
    const metadata = [`filename ${base64(name)}`, ...(options.sha256 === undefined ? [] : [`sha256 ${base64(options.sha256)}`])].join(',');
    const headers = { ...TUS, 'upload-length': String(data.size), 'upload-metadata': metadata };
    const location = await this.connection.read('/v1/uploads', { method: 'POST', headers }, options, async (response) => response.headers.get('location'));
    const id = location?.split('/').at(-1);
    if (id === undefined) throw new RootstockError('The answer to a new upload does not say where it is.');
    options.onCreated?.(id);
    await this.resume(id, file, options);
    return id;
  }

  /**
   * Sends what has not come yet of an upload: after a crash of this process, for one.
   * @example
   * const upload = await client.uploads.send({ name: 'pets.csv', data: file });
   * await client.uploads.resume(upload, { name: 'pets.csv', data: file });
   */
  async resume(id: string, file: FileToSend, options: SendOptions = {}): Promise<void> {
    const { data } = partsOf(file);
    const pieceBytes = options.pieceBytes ?? PIECE_BYTES;
    let sent = await this.offset(id, options);
    let failures = 0;
    while (sent < data.size) {
      options.onProgress?.({ sent_bytes: sent, total_bytes: data.size });
      try {
        sent = await this.piece(id, data.slice(sent, sent + pieceBytes), sent, options);
        failures = 0;
      } catch (error) {
        // A part of the piece may have come: only the service knows.
        const known = error instanceof RootstockError && (error.retryable || (error instanceof ApiError && error.code === 'UPLOAD_OFFSET'));
        if (!known || ++failures > (options.maxRetries ?? 2)) throw error;
        sent = await this.offset(id, options);
      }
    }
    options.onProgress?.({ sent_bytes: sent, total_bytes: data.size });
  }

  /**
   * How many bytes of an upload have come.
   * @example
   * const upload = await client.uploads.send({ name: 'pets.csv', data: file });
   * console.log(await client.uploads.offset(upload));
   */
  offset(id: string, options: CallOptions = {}): Promise<number> {
    return this.connection.read(`/v1/uploads/${part(id)}`, { method: 'HEAD', headers: TUS }, options, async (response) => offsetOf(response));
  }

  /**
   * Removes an upload. The data sets that were made of it stay.
   * @example
   * const upload = await client.uploads.send({ name: 'pets.csv', data: file });
   * await client.uploads.delete(upload);
   */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.connection.delete(`/v1/uploads/${part(id)}`, options, TUS);
  }

  private piece(id: string, body: Blob, from: number, options: CallOptions): Promise<number> {
    const headers = { ...TUS, 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' };
    return this.connection.read(`/v1/uploads/${part(id)}`, { method: 'PATCH', headers, body }, { ...options, maxRetries: 0 }, async (response) => offsetOf(response));
  }
}

function offsetOf({ headers }: Response): number {
  const offset = headers.get('upload-offset');
  if (offset === null) throw new RootstockError('The answer does not say how far the upload has come; a page of another origin needs the header Upload-Offset exposed.');
  return Number(offset);
}

/** Of UTF-8, which `btoa` does not take. */
const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
