// traceparent, as W3C Trace Context has it: what is taken, and what is ignored.
import { describe, expect, it } from '@jest/globals';
import { readTraceparent, traceFields } from '#logs/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('a traceparent', () => {
  it.each(['00', '01', 'fe'])('of flags %s is handed on as it came', (flags) => {
    const header = `00-${TRACE}-${PARENT}-${flags}`;
    expect(readTraceparent(header)).toBe(header);
    expect(traceFields(readTraceparent(header))).toEqual({ trace_id: TRACE });
  });

  it.each([
    [`cc-${TRACE}-${PARENT}-01`, '01'],
    [`cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`, '01'],
    [`01-${TRACE}-${PARENT}-02-`, '00'],
  ])('of a later version is read as far as it is known: %s', (header, flags) => {
    expect(readTraceparent(header)).toBe(`00-${TRACE}-${PARENT}-${flags}`);
  });

  it.each<[string, string | string[] | undefined]>([
    ['none', undefined],
    ['an empty one', ''],
    ['the forbidden version', `ff-${TRACE}-${PARENT}-01`],
    ['more than version 00 has', `00-${TRACE}-${PARENT}-01-more`],
    ['a later version that goes on without a hyphen', `cc-${TRACE}-${PARENT}-01.more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['a long parent', `00-${TRACE}-${PARENT}0-01`],
    ['flags of one digit', `00-${TRACE}-${PARENT}-1`],
    ['no flags', `00-${TRACE}-${PARENT}`],
    ['a space before it', ` 00-${TRACE}-${PARENT}-01`],
    ['a line break behind it', `00-${TRACE}-${PARENT}-01\n`],
    ['two headers', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
  ])('is ignored: %s', (_what, header) => {
    expect(readTraceparent(header)).toBeNull();
    expect(traceFields(readTraceparent(header))).toEqual({});
  });
});
