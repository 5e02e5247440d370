// What a sender says its bytes must be: Content-Digest and Repr-Digest (RFC 9530), Content-MD5 (RFC 1864). With no coding of the
// content, which is refused, the first two are over the same bytes.
import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Transform } from 'node:stream';
import { ServiceError } from '../contract/errors.js';

export interface NamedDigest {
  /** As it is said to a caller, such as SHA-256. */
  readonly title: string;
  readonly hash: Hash;
  readonly wanted: Buffer;
}

const ALGORITHMS = {
  'sha-256': { title: 'SHA-256', hash: 'sha256', bytes: 32 },
  'sha-512': { title: 'SHA-512', hash: 'sha512', bytes: 64 },
  md5: { title: 'MD5', hash: 'md5', bytes: 16 },
} as const;
type Algorithm = keyof typeof ALGORITHMS;

/** A member of a dictionary (RFC 8941) whose value is bytes; parameters behind it mean nothing here. */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?:;.*)?$/;

/** @throws BAD_REQUEST for a header that says nothing that can be checked */
export function digestsOf(headers: IncomingHttpHeaders): NamedDigest[] {
  const md5 = headers['content-md5'];
  return [
    ...['content-digest', 'repr-digest'].flatMap((header) => dictionary(header, headers[header])),
    ...(md5 === undefined ? [] : [named('content-md5', 'md5', String(md5))]),
  ];
}

/** @param hex SHA-256 in hexadecimal */
export const sha256Of = (hex: string): NamedDigest => ({ title: 'SHA-256', hash: createHash('sha256'), wanted: Buffer.from(hex, 'hex') });

function dictionary(header: string, value: string | string[] | undefined): NamedDigest[] {
  if (value === undefined) return [];
  const members = String(value).split(',').map((text) => MEMBER.exec(text.trim()));
  const known = members.flatMap((member) => (member && isAlgorithm(member[1]!) ? [named(header, member[1], member[2]!)] : []));
  if (members.includes(null) || known.length === 0) throw unreadable(header);
  return known;
}

const isAlgorithm = (name: string): name is 'sha-256' | 'sha-512' => name === 'sha-256' || name === 'sha-512';

function named(header: string, algorithm: Algorithm, base64: string): NamedDigest {
  const { title, hash, bytes } = ALGORITHMS[algorithm];
  const wanted = Buffer.from(base64, 'base64');
  if (wanted.length !== bytes) throw unreadable(header);
  return { title, hash: createHash(hash), wanted };
}

const unreadable = (header: string): ServiceError =>
  ServiceError.of('BAD_REQUEST', header === 'content-md5' ? 'Content-MD5 is not the base64 of 16 bytes' : `${header} is not like sha-256=:…:, with the base64 of a SHA-256 or SHA-512`);

/** Passes bytes on, and fails at their end where they are not those of the digests. @throws DIGEST_MISMATCH, as the error of the stream */
export const checking = (name: string, digests: readonly NamedDigest[]): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, next) {
      for (const { hash } of digests) hash.update(chunk);
      next(null, chunk);
    },
    flush(next) {
      const other = digests.find(({ hash, wanted }) => !hash.digest().equals(wanted));
      next(other ? ServiceError.of('DIGEST_MISMATCH', name, other.title) : null);
    },
  });
