// Secrets and signatures, by the verifier of the standardwebhooks library and by the test vector of its specification (reliability.md B50).
import { describe, expect, it } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';
import type { ServiceError } from '#contract/errors.js';
import { deliveryId, eventId } from '#webhooks/event-id.js';
import { checkSecret, newSecret, signedHeaders } from '#webhooks/secret.js';

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('A secret', () => {
  it('that is made has 32 random bytes', () => {
    const secrets = Array.from({ length: 100 }, newSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) {
      checkSecret(secret);
      expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
    }
  });

  it.each([24, 25, 26, 32, 64])('of %d bytes is taken', (bytes) => checkSecret(secretOf(bytes)));

  it.each([
    ['of 23 bytes', secretOf(23)], ['of 65 bytes', secretOf(65)], ['of none', 'whsec_'], ['without its prefix', secretOf(32).slice(6)], ['of another prefix', secretOf(32).replace('whsec', 'whpk')],
    ['in no base64', `whsec_${'!'.repeat(44)}`], ['in base64 for addresses', `whsec_${'-_'.repeat(22)}`], ['with a space', `${secretOf(32)} `], ['without its padding', secretOf(32).replace(/=+$/, '')],
  ])('B50: %s is refused, and not said', (_what, secret) => {
    const problem = (() => {
      try {
        checkSecret(secret);
      } catch (thrown) {
        return thrown as ServiceError;
      }
      throw new Error('it was taken');
    })();
    expect([problem.code, problem.pointer]).toEqual(['WEBHOOK_SECRET_INVALID', '/secret']);
    expect(problem.message).not.toContain(secret.slice(6, 20) || 'nothing');
  });
});

describe('A signature', () => {
  const at = new Date();
  const body = '{"type":"job.succeeded","data":{"name":"Grüße ✓"}}';

  it('is that of the specification\'s example', () => {
    const signed = signedHeaders({ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', retired: [] }, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', new Date(1_614_265_330_000));
    expect(signed).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is one that the library verifies, for body and id and no other', () => {
    const secret = newSecret();
    const headers = signedHeaders({ secret, retired: [] }, 'evt_1', body, at);
    expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Verifier(secret).verify(`${body} `, headers)).toThrow();
    expect(() => new Verifier(secret).verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow();
    expect(() => new Verifier(newSecret()).verify(body, headers)).toThrow();
  });

  it('is made by the secret before as well, until that is out of use', () => {
    const [secret, before, older] = [newSecret(), newSecret(), newSecret()];
    const until = (ms: number) => new Date(at.getTime() + ms).toISOString();
    const headers = signedHeaders({ secret, retired: [{ secret: before, until: until(1_000) }, { secret: older, until: until(-1_000) }] }, 'evt_1', body, at);
    for (const each of [secret, before]) expect(new Verifier(each).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Verifier(older).verify(body, headers)).toThrow();
    expect(headers['webhook-signature']!.split(' ')).toHaveLength(2);
  });
});

describe('The id of an event', () => {
  const at = '2026-11-29T00:00:00.123Z';
  it('follows from what happened, sorts by its time, and differs where anything does', () => {
    const id = eventId('job_1', '7', 'job.succeeded', at);
    expect(id).toMatch(/^evt_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(Number.parseInt(id.slice(4, 16), 16)).toBe(Date.parse(at));
    expect(eventId('job_1', '7', 'job.succeeded', at)).toBe(id);
    const others = [eventId('job_2', '7', 'job.succeeded', at), eventId('job_1', '8', 'job.succeeded', at), eventId('job_1', '7', 'job.failed', at), eventId('job_1', '7', 'job.succeeded', '2026-11-29T00:00:00.124Z')];
    expect(new Set([id, ...others]).size).toBe(5);
    expect(others[3]! > id).toBe(true);
    expect(deliveryId('whk_1', id, at)).toMatch(/^dlv_[0-9a-f]{32}$/);
    expect(deliveryId('whk_1', id, at)).not.toBe(deliveryId('whk_2', id, at));
  });
});
