// /v1/models: what succeeded jobs left behind, file by file.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Model } from '../../contract/model.js';
import { closed, listOf, named } from '../../contract/schema.js';
import { deleteModel } from '../../jobs/deletion.js';
import { bundleFile } from '../../models/files.js';
import { findModel, getModel, listModelIds, modelFileKey } from '../../models/registry.js';
import { linkNext, page, pageQuery } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';
import { sendFile } from '../send-file.js';

const Id = closed({ id: Type.String() });
const IdAndName = closed({ id: Type.String(), name: Type.String() });

export const modelRoutes = ({ store }: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'Models, newest first',
        tags: ['models'],
        querystring: pageQuery({}),
        response: { 200: listOf(named(Model)), ...problems(422) },
      },
    },
    async (request, reply) => {
      const list = await page(await listModelIds(store), request.query, (id) => findModel(store, id));
      linkNext(reply, list, '/v1/models', request.query);
      return list;
    },
  );

  app.get(
    '/v1/models/:id',
    {
      schema: {
        operationId: 'getModel',
        summary: 'One model',
        tags: ['models'],
        params: Id,
        response: { 200: named(Model), ...problems(404) },
      },
    },
    (request) => getModel(store, request.params.id),
  );

  app.get(
    '/v1/models/:id/files/:name',
    {
      schema: {
        operationId: 'getModelFile',
        summary: 'One file of a model’s bundle',
        description: 'Range, If-None-Match and If-Range are honoured; Repr-Digest carries the SHA-256 of the whole file.',
        tags: ['models'],
        params: IdAndName,
        response: { 200: Type.Any({ description: 'The file.' }), 206: Type.Any(), 304: Type.Any(), ...problems(404, 416) },
      },
    },
    async (request, reply) => {
      const model = await getModel(store, request.params.id);
      const file = await bundleFile(store, model, request.params.name);
      return sendFile(request, reply, store, modelFileKey(model.id, file.name), file);
    },
  );

  app.delete(
    '/v1/models/:id',
    {
      schema: {
        operationId: 'deleteModel',
        summary: 'Remove a model that no unfinished job starts from',
        tags: ['models'],
        params: Id,
        response: { 204: Type.Null(), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      await deleteModel(store, request.params.id);
      return reply.code(204).send(null);
    },
  );
};
