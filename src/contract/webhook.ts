// Webhooks: endpoints of a caller's that are told what happened, by Standard Webhooks 1.0.0, and the log of what was sent to them.
import Type, { type Static, type TProperties, type TSchema } from './typebox.js';
import { EVENT_TYPES, type EventType } from './event.js';
import { JobId } from './ids.js';
import { JOB_TYPES } from './job.js';
import { Failure } from './problem.js';
import { closed, DisplayName, Metadata, nullable, oneOf, Timestamp } from './schema.js';

const AboutJob = closed({ id: JobId, type: oneOf(JOB_TYPES), name: nullable(Type.String()), created_at: Timestamp, retry_of: nullable(JobId), metadata: Metadata });
const AboutOther = closed({ id: Type.String(), name: nullable(Type.String()), created_at: Timestamp });

/** An event of a job's log, with the job that it is about. */
const ofJob = (type: EventType) => closed({ job: AboutJob, ...(EVENT_TYPES[type].properties as TProperties) });

/** What an endpoint can be told of, each with what its `data` holds. */
export const WEBHOOK_EVENTS = {
  'job.running': ofJob('job.running'),
  'job.paused': ofJob('job.paused'),
  'job.attempt_failed': ofJob('job.attempt_failed'),
  'job.succeeded': ofJob('job.succeeded'),
  'job.failed': ofJob('job.failed'),
  'job.cancelled': ofJob('job.cancelled'),
  'job.expired': ofJob('job.expired'),
  'dataset.ready': closed({ dataset: AboutOther }),
  'dataset.invalid': closed({ dataset: AboutOther, error: Failure }),
  'model.ready': closed({ model: AboutOther }),
  'model.invalid': closed({ model: AboutOther, error: Failure }),
} as const satisfies Record<string, TSchema>;
export type WebhookEvent = keyof typeof WEBHOOK_EVENTS;
export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as WebhookEvent[];
export const isWebhookEvent = (type: string): type is WebhookEvent => type in WEBHOOK_EVENTS;

/** Sent where it is asked for, and at no other time. */
export const TEST_EVENT = 'webhook.test';
export const EVERY_EVENT = '*';

/** What is sent, as the body of a POST. */
export const WebhookPayload = closed(
  {
    type: oneOf([...WEBHOOK_EVENT_TYPES, TEST_EVENT]),
    timestamp: { ...Timestamp, description: 'When it happened, not when it is sent.' },
    data: Type.Object({}, { additionalProperties: true, description: 'By type; see docs/guide.md, "Webhooks".' }),
  },
  { $id: 'WebhookPayload', title: 'WebhookPayload' },
);

const Events = Type.Array(oneOf([...WEBHOOK_EVENT_TYPES, EVERY_EVENT]), {
  minItems: 1,
  uniqueItems: true,
  description: 'Types of events it is told of; "*": all.',
  examples: [['job.succeeded', 'job.failed']],
});
const Url = Type.String({ minLength: 1, maxLength: 2048, description: 'Where it is told, by POST: an https address without redirects.', examples: ['https://example.com/rootstock'] });
const Secret = Type.String({ maxLength: 128, description: 'whsec_ and 24 to 64 bytes in base64. @default 32 random bytes' });
const Name = { ...DisplayName, description: 'For people.' };

export const WebhookRequest = closed({ url: Url, events: Events, name: Type.Optional(Name), secret: Type.Optional(Secret) });
export type WebhookRequest = Static<typeof WebhookRequest>;

export const WebhookChange = closed(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    name: Type.Optional(nullable(Name)),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether it is told anything. Switched on again, it is told of what happens from then on.' })),
  },
  { minProperties: 1 },
);
export type WebhookChange = Static<typeof WebhookChange>;

export const RotateRequest = closed({ secret: Type.Optional(Secret) });
export type RotateRequest = Static<typeof RotateRequest>;

export const Webhook = closed(
  {
    id: Type.String(),
    object: Type.Literal('webhook'),
    name: nullable(Type.String()),
    url: Type.String(),
    events: Events,
    enabled: Type.Boolean(),
    gone_at: nullable(Timestamp, 'When it answered 410 and so switched itself off.'),
    created_at: Timestamp,
    last_delivered_at: nullable(Timestamp),
    failing_since: nullable(Timestamp, 'The first try that failed since one last succeeded.'),
    gave_up_at: nullable(Timestamp, 'When, since a try last succeeded, all tries of an event had failed.'),
  },
  { $id: 'Webhook', title: 'Webhook' },
);
export type Webhook = Static<typeof Webhook>;

/** As it is answered once, when its secret is made. */
export const WebhookWithSecret = closed(
  { ...Webhook.properties, secret: Type.String({ description: 'What its signatures are made with. Shown this once.' }) },
  { $id: 'WebhookWithSecret', title: 'WebhookWithSecret' },
);
export type WebhookWithSecret = Static<typeof WebhookWithSecret>;

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATES)[number];

export const DeliveryTry = closed({
  at: Timestamp,
  status_code: nullable(Type.Integer({ description: 'null where no answer came.' })),
  error: nullable(Failure, 'null of a try that succeeded, by an answer of status 200 to 299.'),
  seconds: Type.Number(),
});
export type DeliveryTry = Static<typeof DeliveryTry>;

/** One event on its way to one endpoint. */
export const Delivery = closed(
  {
    id: Type.String(),
    object: Type.Literal('delivery'),
    webhook: Type.String(),
    event: Type.String({ description: 'webhook-id: the same of each try, of a replay, and for each endpoint.' }),
    type: oneOf([...WEBHOOK_EVENT_TYPES, TEST_EVENT]),
    status: oneOf(DELIVERY_STATES),
    created_at: Timestamp,
    next_try_at: nullable(Timestamp),
    replay_of: nullable(Type.String({ description: 'The delivery whose event this sends once more.' })),
    tries: Type.Array(DeliveryTry, { description: 'Oldest first.' }),
  },
  { $id: 'Delivery', title: 'Delivery' },
);
export type Delivery = Static<typeof Delivery>;
