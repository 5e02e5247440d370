// The table of errors and the error that is made from it.
import { describe, expect, it } from '@jest/globals';
import { ERRORS, ServiceError, type ErrorCode } from '#contract/errors.js';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('the table of errors', () => {
  it.each(codes)('%s says a sentence with its facts in it and answers with a status of its class', (code) => {
    const row = ERRORS[code];
    const facts = Array.from({ length: row.say.length }, (_, at) => 1000 * (at + 1));
    const said = (row.say as (...all: unknown[]) => string)(...facts);

    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    expect(said).toMatch(/^(["A-Z0-9]|batch_size).*\.$/);
    expect(said).not.toMatch(/undefined|NaN|\[object/);
    // A stage is counted from 1 where people read it.
    for (const fact of facts) expect(said).toMatch(new RegExp(`${fact}|${code === 'NOTHING_TRAINABLE' || code === 'LAYER_FROZEN' ? fact + 1 : fact}`));
    if (row.class === 'user') expect(row.status >= 400 && row.status < 500).toBe(true);
    // That a request came too slowly (408) or too much is to be done (429) is said by 4xx, though the same request may do in a moment.
    else expect(row.status >= 500 || (row.class === 'resource' && [408, 429].includes(row.status))).toBe(true);
  });
});

describe('a service error', () => {
  it('speaks in the singular of one wrong value and in the plural of two', () => {
    expect(ServiceError.of('INVALID_REQUEST', 1).message).toBe('One value is not acceptable; see "errors".');
    expect(ServiceError.of('INVALID_REQUEST', 2).message).toBe('2 values are not acceptable; see "errors".');
  });

  it('stays itself where it is the only one of a request', () => {
    const only = ServiceError.of('MISSING_FIELD', 'dataset').at('/dataset');
    expect(ServiceError.all([only])).toBe(only);
  });

  it('becomes INVALID_REQUEST with all its parts where a request has several', () => {
    const parts = [ServiceError.of('MISSING_FIELD', 'dataset').at('/dataset'), ServiceError.of('INVALID_VALUE', 'must be 1').at('/a')] as const;
    const whole = ServiceError.all([...parts]);
    expect(whole).toMatchObject({ code: 'INVALID_REQUEST', status: 422, pointer: undefined });
    expect(whole.parts.map(({ code, pointer }) => [code, pointer])).toEqual([['MISSING_FIELD', '/dataset'], ['INVALID_VALUE', '/a']]);
  });

  it('is placed in the request without changing the error it was made from', () => {
    const bare = ServiceError.of('DATASET_UNKNOWN', 'ds_1');
    const placed = bare.at('/dataset');
    expect(bare.pointer).toBeUndefined();
    expect(placed).toMatchObject({ code: 'DATASET_UNKNOWN', message: 'No data set has the id "ds_1".', pointer: '/dataset' });
  });

  it('is stored and read back as the same failure', () => {
    const record = ServiceError.of('NAN_LOSS', 7).at('/training').toRecord();
    expect(record).toEqual({
      code: 'NAN_LOSS',
      class: 'user',
      message: 'The loss is not a finite number at step 7; lower the learning rate.',
      param: '/training',
      retryable: false,
    });
    expect(ServiceError.fromRecord(record).toRecord()).toEqual(record);
  });

  it('reads a code it does not know as CHILD_FAILED and keeps the message', () => {
    const record = { code: 'FROM_THE_FUTURE', class: 'user', message: 'New.', param: null, retryable: true } as const;
    expect(ServiceError.fromRecord(record)).toMatchObject({ code: 'CHILD_FAILED', message: 'New.', pointer: undefined });
  });
});
