// One sha256 over several parts, in order; each part's length goes in, so that ["ab","c"] and ["a","bc"] differ.
import { createHash } from 'node:crypto';

/**
 * @param {(string | Uint8Array)[]} parts
 * @returns {string}
 */
export function digestOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}
