// What a child writes to stderr, as a line of a log.
import { describe, expect, it } from '@jest/globals';
import { lineOf } from '#logs/child-line.js';

describe('a line of a child', () => {
  it.each([
    ['of its own', '{"level":50,"stack":"at a","msg":"failed"}', { level: 'error', message: 'failed', fields: { stack: 'at a' } }],
    ['of TensorFlow', 'I0000 00:00:1.2 3 port.cc:153] said', { level: 'info', message: 'I0000 00:00:1.2 3 port.cc:153] said', fields: {} }],
    ['of TensorFlow in trouble', 'F0000 00:00:1.2 3 a.cc:1] died', { level: 'fatal', message: 'F0000 00:00:1.2 3 a.cc:1] died', fields: {} }],
    ['of anything else', 'terminate called', { level: 'warn', message: 'terminate called', fields: {} }],
    ['of JSON that is none of ours', '{"a":1}', { level: 'warn', message: '{"a":1}', fields: {} }],
    ['of half of one', '{"level":30,', { level: 'warn', message: '{"level":30,', fields: {} }],
  ])('is known: %s', (_what, text, line) => {
    expect(lineOf(text)).toEqual(line);
  });
});
