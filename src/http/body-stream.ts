// The bytes of a body, as a stream that may be given up: one that is refused must not end the connection before its sender has the answer.
import { finished, type Readable, type Transform } from 'node:stream';
import { ServiceError } from '../contract/errors.js';

/** Has a body flow through a stream, whose error is BAD_REQUEST where the body breaks off. What is left once that stream is closed is thrown away. */
export function flowInto<T extends Transform>(body: Readable, into: T): T {
  into.on('error', () => undefined); // whoever reads it has the error
  finished(body, { writable: false }, (problem) => problem && into.destroy(ServiceError.of('BAD_REQUEST', 'the body ended early')));
  body.pipe(into);
  into.once('close', () => body.resume());
  return into;
}
