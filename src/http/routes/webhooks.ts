// /v1/webhooks: endpoints that are told what happened, and the log of what was sent to them.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { Delivery, DELIVERY_STATES, RotateRequest, Webhook, WebhookChange, WebhookRequest, WebhookWithSecret } from '../../contract/webhook.js';
import { deliveryView, findDelivery, replay, sendTest } from '../../webhooks/deliveries.js';
import { changeWebhook, createWebhook, deleteWebhook, findWebhook, getWebhook, listWebhookIds, rotateSecret, webhookView } from '../../webhooks/endpoints.js';
import { listDeliveryIds, unlessUnreadable } from '../../webhooks/records.js';
import { linkNext, page, pageQuery, paging } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';

const Id = closed({ id: Type.String() });
const IdAndDelivery = closed({ id: Type.String(), delivery: Type.String() });
const PATH = '/v1/webhooks';

export const webhookRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, allowPrivate } = rooms;
  const reach = { allowPrivate };

  app.post(
    PATH,
    {
      schema: {
        operationId: 'createWebhook',
        summary: 'Have an endpoint told what happens',
        description: 'By Standard Webhooks (standardwebhooks.com). The answer has the secret of its signatures; it is not shown again.',
        tags: ['webhooks'],
        body: WebhookRequest,
        response: { 201: named(WebhookWithSecret), ...problems(400, 413, 415, 422, 507) },
      },
    },
    async (request, reply) => {
      const webhook = await createWebhook(store, reach, request.body, request.idempotency?.ids.webhook);
      return reply.code(201).header('location', `${PATH}/${webhook.id}`).send({ ...(await webhookView(store, webhook)), secret: webhook.secret });
    },
  );

  app.get(
    PATH,
    {
      schema: { operationId: 'listWebhooks', summary: 'Endpoints, newest first', tags: ['webhooks'], querystring: pageQuery('webhook', {}), response: { 200: listOf(named(Webhook)), ...problems(422) } },
    },
    async (request, reply) => {
      const list = await page(await listWebhookIds(store), request.query, async (id) => {
        const webhook = await unlessUnreadable(findWebhook(store, id));
        return webhook && webhookView(store, webhook);
      });
      linkNext(reply, list, PATH, request.query);
      return list;
    },
  );

  app.get(
    `${PATH}/:id`,
    { schema: { operationId: 'getWebhook', summary: 'One endpoint, without its secret', tags: ['webhooks'], params: Id, response: { 200: named(Webhook), ...problems(404) } } },
    async (request) => webhookView(store, await getWebhook(store, request.params.id)),
  );

  app.patch(
    `${PATH}/:id`,
    {
      schema: {
        operationId: 'changeWebhook',
        summary: 'Change the address, events or name of an endpoint, or switch it off or on',
        tags: ['webhooks'],
        params: Id,
        body: WebhookChange,
        response: { 200: named(Webhook), ...problems(400, 404, 413, 415, 422, 507) },
      },
    },
    async (request) => webhookView(store, await changeWebhook(store, reach, request.params.id, request.body)),
  );

  app.delete(
    `${PATH}/:id`,
    { schema: { operationId: 'deleteWebhook', summary: 'Remove an endpoint with its log; nothing is sent to it any more', tags: ['webhooks'], params: Id, response: { 204: Type.Null(), ...problems(404) } } },
    async (request, reply) => {
      await deleteWebhook(store, request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.post(
    `${PATH}/:id/rotate`,
    {
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Give an endpoint another secret',
        description: 'The answer has it; it is not shown again. For 24 hours each try is signed by the one before as well.',
        tags: ['webhooks'],
        params: Id,
        body: RotateRequest,
        response: { 200: named(WebhookWithSecret), ...problems(400, 404, 413, 415, 422, 507) },
      },
    },
    async (request) => {
      const webhook = await rotateSecret(store, request.params.id, request.body.secret);
      return { ...(await webhookView(store, webhook)), secret: webhook.secret };
    },
  );

  app.post(
    `${PATH}/:id/test`,
    {
      schema: {
        operationId: 'testWebhook',
        summary: 'Send an event of the type webhook.test now',
        description: 'Answers at once; how it went is in the log of deliveries.',
        tags: ['webhooks'],
        params: Id,
        response: { 202: named(Delivery), ...problems(404, 409, 507) },
      },
    },
    async (request, reply) => reply.code(202).send(deliveryView(await sendTest(rooms, request.params.id, request.idempotency?.ids.delivery))),
  );

  app.get(
    `${PATH}/:id/deliveries`,
    {
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'What was sent to an endpoint and how it went, newest first',
        tags: ['webhooks'],
        params: Id,
        querystring: closed({ ...paging('delivery'), status: Type.Optional(oneOf(DELIVERY_STATES)) }),
        response: { 200: listOf(named(Delivery)), ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const { id } = await getWebhook(store, request.params.id);
      const list = await page(await listDeliveryIds(store, id), request.query, async (delivery) => {
        const found = await unlessUnreadable(findDelivery(store, id, delivery));
        return found && deliveryView(found);
      });
      linkNext(reply, list, `${PATH}/${id}/deliveries`, request.query);
      return list;
    },
  );

  app.post(
    `${PATH}/:id/deliveries/:delivery/replay`,
    {
      schema: {
        operationId: 'replayWebhookDelivery',
        summary: 'Send an event once more, now',
        description: 'A new delivery with the same webhook-id and body. Answers at once; how it went is in the log of deliveries.',
        tags: ['webhooks'],
        params: IdAndDelivery,
        response: { 202: named(Delivery), ...problems(404, 409, 507) },
      },
    },
    async (request, reply) => reply.code(202).send(deliveryView(await replay(rooms, request.params.id, request.params.delivery, request.idempotency?.ids.delivery))),
  );
};
