// A share of a whole for property tests, every place as likely as another: fc.double draws a bit pattern, so that most of its values in [0, 1) are next to nothing.
import fc from 'fast-check';

const STEPS = 1_000_000;

/** A number in [0, below), of steps of 10⁻⁶ of `below`. */
export const share = (below = 1): fc.Arbitrary<number> => fc.nat(STEPS - 1).map((step) => (step / STEPS) * below);
