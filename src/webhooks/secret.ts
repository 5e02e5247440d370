// Secrets of endpoints, and the signatures that are made with them (Standard Webhooks 1.0.0, "Signature scheme": symmetric, v1).
import { randomBytes } from 'node:crypto';
import { Webhook as Signer } from 'standardwebhooks';
import { ServiceError } from '../contract/errors.js';
import type { StoredWebhook } from './records.js';

const PREFIX = 'whsec_';
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
const NEW_BYTES = 32;

export const newSecret = (): string => PREFIX + randomBytes(NEW_BYTES).toString('base64');

/** @throws WEBHOOK_SECRET_INVALID, which does not say the secret */
export function checkSecret(secret: string): void {
  const text = secret.slice(PREFIX.length);
  const bytes = Buffer.from(text, 'base64');
  // What Node passes over when it decodes does not come back.
  const isBase64 = secret.startsWith(PREFIX) && bytes.toString('base64') === text;
  if (!isBase64 || bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) throw ServiceError.of('WEBHOOK_SECRET_INVALID').at('/secret');
}

/** The headers of one try. While a secret of before is not out of use there is a signature by it too, separated by a space. */
export function signedHeaders({ secret, retired }: Pick<StoredWebhook, 'secret' | 'retired'>, event: string, body: string, at: Date): Record<string, string> {
  const inUse = [secret, ...retired.flatMap(({ secret: before, until }) => (Date.parse(until) > at.getTime() ? [before] : []))];
  return {
    'webhook-id': event,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': inUse.map((each) => new Signer(each).sign(event, at, body)).join(' '),
  };
}
