// A few faults struck at what the service commits, and at the command that strikes them.
import { describe, expect, it, jest } from '@jest/globals';
import { chaos, CHAOS_TEST_MS, expectNothingFound, ON_LINUX } from '../support/chaos.js';

jest.setTimeout(CHAOS_TEST_MS);
const describeOnLinux = ON_LINUX ? describe : describe.skip;

describeOnLinux('The commit path', () => {
  it('F7: publishes once, whoever races', () => expectNothingFound('F7', 20));
  it('F26: is in the old or the new state wherever it is killed', () => expectNothingFound('F26', 6));
});

describeOnLinux('A checkpoint', () => {
  it('F25: that was damaged is refused', () => expectNothingFound('F25', 60));
});

describe('npm run chaos', () => {
  it('refuses a fault that there is not, with its usage', async () => {
    const { code, said } = await chaos('F99', 1);
    expect(code).toBe(2);
    expect(said).toContain('There is no fault "F99"');
    expect(said).toContain('Usage:');
  });
});
