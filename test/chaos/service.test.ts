// A fault struck at the real service, as "npm run chaos" strikes it; the whole table takes hours.
import { describe, it, jest } from '@jest/globals';
import { CHAOS_TEST_MS, expectNothingFound, ON_LINUX } from '../support/chaos.js';

jest.setTimeout(CHAOS_TEST_MS);
const describeOnLinux = ON_LINUX ? describe : describe.skip;

describeOnLinux('The service', () => {
  it('F8: loses nothing to kill -9 of the queue while twenty clients submit', () => expectNothingFound('F8', 1));
});
