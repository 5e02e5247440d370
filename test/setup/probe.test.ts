import { it, expect } from '@jest/globals';
it('a', () => { expect(1).toBe(1); });
