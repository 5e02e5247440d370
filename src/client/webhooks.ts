// /v1/webhooks, and whether what came to an endpoint was sent by the service.
import type { Delivery, DeliveryStatus, Webhook, WebhookChange, WebhookRequest, WebhookWithSecret } from '../contract/webhook.js';
import type { Connection } from './connection.js';
import { jsonBody } from './connection.js';
import { Listing, type ListFilter, type NamedFilter } from './listing.js';
import type { CallOptions } from './options.js';
import { part } from './query.js';

export interface DeliveryFilter extends ListFilter {
  /** @default all */
  status?: DeliveryStatus | undefined;
}

export class Webhooks {
  constructor(private readonly connection: Connection) {}

  /**
   * Has an endpoint told what happens. Its `secret` is shown this once.
   * @example
   * const { id, secret } = await client.webhooks.create({ url: 'https://example.com/rootstock', events: ['job.succeeded', 'job.failed'] });
   * await client.webhooks.delete(id);
   */
  create(request: WebhookRequest, options: CallOptions = {}): Promise<WebhookWithSecret> {
    return this.connection.post('/v1/webhooks', request, options);
  }

  /**
   * Endpoints, newest first.
   * @example
   * for await (const { url, failing_since } of client.webhooks.list()) console.log(url, failing_since);
   */
  list(filter: NamedFilter = {}, options: CallOptions = {}): Listing<Webhook> {
    return new Listing(this.connection, '/v1/webhooks', { ...filter }, options);
  }

  /**
   * One endpoint, without its secret.
   * @example
   * const { enabled } = await client.webhooks.get(webhook);
   */
  get(id: string, options: CallOptions = {}): Promise<Webhook> {
    return this.connection.json(path(id), {}, options);
  }

  /**
   * Changes its address, events or name, or switches it off or on.
   * @example
   * await client.webhooks.update(webhook, { events: ['*'] });
   */
  update(id: string, change: WebhookChange, options: CallOptions = {}): Promise<Webhook> {
    return this.connection.json(path(id), { method: 'PATCH', ...jsonBody(change) }, options);
  }

  /**
   * Gives it another secret, shown this once.
   * @example
   * const { secret } = await client.webhooks.rotate(webhook);
   */
  rotate(id: string, secret?: string, options: CallOptions = {}): Promise<WebhookWithSecret> {
    return this.connection.post(`${path(id)}/rotate`, secret === undefined ? {} : { secret }, options);
  }

  /**
   * Sends an event of the type `webhook.test` now.
   * @example
   * const { status } = await client.webhooks.test(webhook);
   */
  test(id: string, options: CallOptions = {}): Promise<Delivery> {
    return this.connection.post(`${path(id)}/test`, undefined, options);
  }

  /**
   * What was sent to it and how it went, newest first.
   * @example
   * for await (const { type, status } of client.webhooks.deliveries(webhook, { status: 'failed' })) console.log(type, status);
   */
  deliveries(id: string, filter: DeliveryFilter = {}, options: CallOptions = {}): Listing<Delivery> {
    return new Listing(this.connection, `${path(id)}/deliveries`, { ...filter }, options);
  }

  /**
   * Sends an event once more.
   * @example
   * const delivery = await client.webhooks.test(webhook);
   * await client.webhooks.replay(webhook, delivery.id);
   */
  replay(id: string, delivery: string, options: CallOptions = {}): Promise<Delivery> {
    return this.connection.post(`${path(id)}/deliveries/${part(delivery)}/replay`, undefined, options);
  }

  /**
   * Removes it with its log; nothing is sent to it any more.
   * @example
   * const { id } = await client.webhooks.create({ url: 'https://example.com/rootstock', events: ['*'] });
   * await client.webhooks.delete(id);
   */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.connection.delete(path(id), options);
  }
}

const path = (id: string): string => `/v1/webhooks/${part(id)}`;
