// Class names that may be one class.
import { describe, expect, it } from '@jest/globals';
import { suspectNames } from '#datasets/report/label-typos.js';

const pairs = (classes: Record<string, number>): string[] => {
  const names = Object.keys(classes);
  return suspectNames(names, Object.values(classes)).map((pair) => pair.map((at) => names[at]).join(' < '));
};

describe('suspectNames', () => {
  it.each([
    ['another case', { cat: 500, Cat: 1 }, ['Cat < cat']],
    ['a space at the end', { cat: 5, 'cat ': 5 }, ['cat < cat ']],
    ['a hyphen for a space', { 'red fox': 2, 'red-fox': 90 }, ['red fox < red-fox']],
    ['a letter too few', { horse: 500, hose: 1 }, ['hose < horse']],
    ['a letter too many', { horse: 500, horrse: 25 }, ['horrse < horse']],
    ['another letter', { horse: 500, horze: 2 }, ['horze < horse']],
    ['two letters that changed places', { horse: 500, hosre: 2 }, ['hosre < horse']],
    ['a letter twice in a short word', { cat: 500, caat: 2 }, ['caat < cat']],
    ['a letter twice at its end', { ox: 40, oxx: 2 }, ['oxx < ox']],
    ['a letter once in place of twice', { bee: 500, be: 3 }, ['be < bee']],
  ])('finds %s', (_what, classes, found) => expect(pairs(classes)).toEqual(found));

  it.each([
    ['short words', { cat: 500, car: 1 }],
    ['short words with one more letter', { cat: 500, cart: 1, at: 1 }],
    ['a digit twice', { a1: 500, a11: 1 }],
    ['numbers', { 'class 10': 500, 'class 11': 1 }],
    ['digits', { '0': 500, '1': 1 }],
    ['words of which neither is rare', { horse: 500, house: 300 }],
    ['words that are two letters apart', { horse: 500, hoarser: 1 }],
    ['a class without examples', { horse: 500, hose: 0 }],
  ])('leaves alone %s', (_what, classes) => expect(pairs(classes)).toEqual([]));
});
