// Whether a request came from the service: Standard Webhooks 1.0.0, by the library of those who wrote it.
import { Webhook } from 'standardwebhooks';
import type { WebhookEvent } from '../contract/webhook.js';

/** What a webhook says. `data` is by type: docs/guide.md, "Webhooks". */
export interface WebhookMessage {
  /** The same of each try and of a replay: keep it, and pass over what comes again. */
  id: string;
  type: WebhookEvent | 'webhook.test';
  /** When it happened, RFC 3339. */
  timestamp: string;
  data: Record<string, unknown>;
}

/**
 * What a request to an endpoint says, once its signature is found right and not older than five minutes. Needs no client.
 * @param body the very bytes, as text, before anything has parsed them
 * @param headers of the request: of Node, or of fetch
 * @param secret as `webhooks.create` or `rotate` showed it
 * @throws WebhookVerificationError of the library `standardwebhooks`
 * @example
 * const signed = signedRequest(); // as an HTTP server received it
 * const { type, data } = verifyWebhook(signed.body, signed.headers, signed.secret);
 */
export function verifyWebhook(body: string, headers: Headers | Readonly<Record<string, string | string[] | undefined>>, secret: string): WebhookMessage {
  const header = (name: string): string => (headers instanceof Headers ? headers.get(name) : String(headers[name] ?? '')) ?? '';
  const given = { 'webhook-id': header('webhook-id'), 'webhook-timestamp': header('webhook-timestamp'), 'webhook-signature': header('webhook-signature') };
  const payload = new Webhook(secret).verify(body, given) as Omit<WebhookMessage, 'id'>;
  return { ...payload, id: given['webhook-id'] };
}
