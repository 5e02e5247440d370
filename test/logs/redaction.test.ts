// No secret goes into a log, whatever name it has there and wherever it stands.
import { describe, expect, it } from '@jest/globals';
import { makeLog } from '#logs/make-log.js';
import { REDACTED, redactor, SECRET_FIELDS } from '#logs/redaction.js';

const KEY = 'rk-canary-of-the-api-key';
const READING = 'rk-canary-of-the-reading-key';
const CANARY = 'canary-0123456789';

function logged(write: (log: ReturnType<typeof makeLog>) => void): string {
  let text = '';
  write(makeLog({ LOG_LEVEL: 'trace', API_KEY: KEY, READ_ONLY_KEY: READING }, 'test', { write: (line) => void (text += line) }));
  return text;
}

describe('a log', () => {
  it.each(SECRET_FIELDS)('leaves the field "%s" out, at any depth and in any case', (name) => {
    const text = logged((log) => {
      log.info({ [name]: CANARY, deep: { er: [{ [name.toUpperCase()]: `${CANARY} "and more"` }] } }, 'one');
      log.child({ [name]: CANARY }).warn('two');
      log.error({ text: JSON.stringify({ [name]: CANARY }) }, 'three');
    });
    expect(text).not.toContain('canary');
    expect(text.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['one', 'two', 'three']);
  });

  it.each([
    ['a header', `authorization: Bearer ${CANARY}`],
    ['a header of another scheme', `Basic ${CANARY}=`],
    ['a secret of a webhook', `whsec_${CANARY}`],
    ['a key', `rsk_${CANARY}_1`],
    ['a user in an address', `redis://default:${CANARY}@queue.example.com:6379`],
    ['a user alone', `https://${CANARY}@example.com/`],
    ['a parameter of an address', `GET https://example.com/a?x=1&api_key=${CANARY}&y=2`],
    ['a signature of S3', `https://example.com/a?X-Amz-Signature=${CANARY}&X-Amz-Credential=${CANARY}`],
    ['API_KEY as it is set', `so ${KEY} it is`],
    ['READ_ONLY_KEY as it is set', `so ${READING} it is`],
  ])('takes %s out of a text', (_what, secret) => {
    const text = logged((log) => {
      log.info(secret);
      log.info({ url: secret, err: new Error(secret) }, 'failed');
    });
    expect(text).not.toContain('canary');
    expect(text).toContain(REDACTED);
  });

  it('leaves what is no secret as it is', () => {
    const line = '{"level":30,"key":"jobs/job_1/job.json","url":"https://example.com/a?page=2","msg":"a token of thanks"}';
    expect(redactor(['abc'])(line)).toBe(line);
  });

  it('has one line for each call, whatever is in it', () => {
    expect(logged((log) => log.info({ name: 'a\r\n{"level":60}' }, 'b\nc')).trimEnd().split('\n')).toHaveLength(1);
  });
});
