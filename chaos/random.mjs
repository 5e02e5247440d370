// Draws of a round, each a function of (seed, place, how many came before): the same round draws the same again.
import { createHash } from 'node:crypto';

export class Random {
  #drawn = 0;

  /** @param {...(string | number)} place the seed, then what the draws are for */
  constructor(...place) {
    this.place = place.join('/');
  }

  /** 0 ≤ x < 1, of 32 random bits. */
  unit() {
    return createHash('sha256').update(`${this.place}/${this.#drawn++}`).digest().readUInt32BE() / 2 ** 32;
  }

  /** @param {number} from @param {number} to */
  between(from, to) {
    return from + (to - from) * this.unit();
  }

  /** A whole number, both ends included. @param {number} from @param {number} to */
  whole(from, to) {
    return Math.floor(this.between(from, to + 1));
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return list[this.whole(0, list.length - 1)];
  }
}
