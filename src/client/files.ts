// A file as it comes: piece by piece, held against the digest that the service says of the whole.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Connection } from './connection.js';
import { ConnectionError, DigestError } from './errors.js';
import type { CallOptions } from './options.js';

export interface DownloadOptions extends CallOptions {
  /** Told after each piece. @default nobody */
  onProgress?: ((progress: { received_bytes: number; total_bytes: number }) => void) | undefined;
}

/**
 * A file that is on its way. Read it once: as pieces with `for await`, or whole by `bytes()` or `text()`. Its end is only reached where
 * all bytes are those that the service has (Repr-Digest): else reading fails with DigestError, and what came before is not to be used.
 * @example
 * const download = await client.jobs.artifact(finishedJob, 'labels.json');
 * console.log(download.name, download.size_bytes, download.sha256);
 * let received = 0;
 * for await (const piece of download) received += piece.length;
 */
export class Download implements AsyncIterable<Uint8Array> {
  constructor(
    readonly name: string,
    readonly size_bytes: number,
    readonly sha256: string,
    private readonly pieces: AsyncIterable<Uint8Array>,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.pieces[Symbol.asyncIterator]();
  }

  /** All of it. @throws DigestError */
  async bytes(): Promise<Uint8Array> {
    const whole = new Uint8Array(this.size_bytes);
    let at = 0;
    for await (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** All of it, as UTF-8. @throws DigestError */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }
}

/** A file that is sent with its digest. */
export async function download(connection: Connection, path: string, name: string, options: DownloadOptions, headers: Record<string, string> = {}): Promise<Download> {
  const { response, patience } = await connection.open(path, { headers: { accept: '*/*', ...headers } }, options);
  const size = Number(response.headers.get('content-length'));
  const wanted = digestOf(response.headers.get('repr-digest'));
  if (wanted === undefined || response.body === null) {
    patience.end();
    throw new DigestError(`The answer does not say the digest of ${name}; a page of another origin needs the header Repr-Digest exposed.`);
  }
  return new Download(name, size, wanted, checked());

  async function* checked(): AsyncGenerator<Uint8Array> {
    const hash = sha256.create();
    const reader = response.body!.getReader();
    let received = 0;
    try {
      for (;;) {
        const { value, done } = await patience.during(reader.read());
        if (done) break;
        patience.heard();
        received += value.length;
        // More than was said could fill a disk before the digest shows it.
        if (received > size) throw new DigestError(`More than ${size} bytes of ${name} came.`);
        hash.update(value);
        options.onProgress?.({ received_bytes: received, total_bytes: size });
        yield value;
      }
      if (received < size) throw new ConnectionError(`${name} broke off after ${received} of ${size} bytes.`);
      if (bytesToHex(hash.digest()) !== wanted) throw new DigestError(`${name} does not have the SHA-256 digest ${wanted}; it was changed on the way.`);
    } finally {
      patience.end();
      await reader.cancel().catch(() => undefined);
    }
  }
}

/** Repr-Digest (RFC 9530) in hexadecimal. */
function digestOf(header: string | null): string | undefined {
  const text = /sha-256=:([A-Za-z0-9+/=]+):/.exec(header ?? '')?.[1];
  return text === undefined ? undefined : bytesToHex(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
}
