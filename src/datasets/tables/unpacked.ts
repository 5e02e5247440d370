// The content of a table's file, plain or out of gzip, held to the size that is allowed.
import { ServiceError } from '../../contract/errors.js';
import { sizeText } from '../size-text.js';
import { contentOf, GzipDamage, type SourceFile } from '../source-file.js';
import { corrupt } from './table.js';

/** @throws TABLE_CORRUPT where its gzip is damaged, DATASET_TOO_LARGE */
export async function* unpacked(file: SourceFile, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const piece of contentOf(file.path)) {
      bytes += piece.length;
      if (bytes > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', `more than ${sizeText(maxBytes)}`, sizeText(maxBytes));
      yield piece;
    }
  } catch (problem) {
    throw problem instanceof GzipDamage ? corrupt(file, problem.message) : problem;
  }
}
