// The kills of processes that train and work, struck by "npm run chaos" itself; test/e2e strikes them in every test run.
import { describe, it, jest } from '@jest/globals';
import { CHAOS_TEST_MS, expectNothingFound, ON_LINUX } from '../support/chaos.js';

jest.setTimeout(CHAOS_TEST_MS);
const describeOnLinux = ON_LINUX ? describe : describe.skip;

describeOnLinux('The service', () => {
  it('F1, F2: loses nothing to kill -9 of what trains and of what works', () => expectNothingFound('F1,F2', 1));
});
