// /v1/datasets: make one from files, an address or a generator, look at them, remove one.
import fastifyMultipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Dataset, DatasetForm, DatasetRequest } from '../../contract/dataset.js';
import { closed, listOf, named } from '../../contract/schema.js';
import { acceptGenerated, acceptUpload, acceptUrl } from '../../datasets/accept.js';
import { findDataset, getDataset, listDatasetIds } from '../../datasets/registry.js';
import { deleteDataset } from '../../jobs/deletion.js';
import { replay } from '../idempotency.js';
import { linkNext, page, pageQuery } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';
import { DOCUMENTS_ONLY } from '../validation.js';
import { readUpload, receiveAgain } from '../upload.js';

const Id = closed({ id: Type.String() });
const UploadBody = {
  ...Type.Object({ ...DatasetForm.properties, file: Type.Array(Type.String({ format: 'binary' })) }),
  description: 'Each file a part named "file". IDX, plain or gzip: train-images…, train-labels…, and t10k-… or test-…, and validation-… if there are any. NumPy: one .npz, or .npy files: x_train, y_train, x_test, y_test, and x_val, y_val if there are any. Pictures: one zip or tar by class folder, or with a file of labels.',
  [DOCUMENTS_ONLY]: true,
};

export const datasetRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, queue, maxUploadBytes } = rooms;
  const acceptRequest = (asked: DatasetRequest, id?: string): Promise<string> =>
    'url' in asked ? acceptUrl(store, asked, rooms, id) : acceptGenerated(store, asked, id);
  // Registered here, so that no other route takes multipart bodies.
  await app.register(fastifyMultipart);

  app.post(
    '/v1/datasets',
    {
      schema: {
        operationId: 'createDataset',
        summary: 'Make a data set from uploaded files, an address or a generator',
        tags: ['datasets'],
        consumes: ['application/json', 'multipart/form-data'],
        body: { content: { 'application/json': { schema: DatasetRequest }, 'multipart/form-data': { schema: UploadBody } } },
        response: { 201: named(Dataset), ...problems(400, 413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const reserved = request.idempotency;
      if (reserved?.answer) {
        await receiveAgain(request, maxUploadBytes);
        return replay(reply, reserved.answer);
      }
      await queue.ready();
      const id = request.isMultipart()
        ? await readUpload(request, maxUploadBytes, (upload) => acceptUpload(store, upload, reserved?.ids.dataset))
        : await acceptRequest(request.body as DatasetRequest, reserved?.ids.dataset);
      // If the queue went away in this moment, jobs/reconcile.ts adds it later.
      await queue.add('ingest', id, 5).catch(() => undefined);
      return reply.code(201).header('location', `/v1/datasets/${id}`).send(await getDataset(store, id));
    },
  );

  app.get(
    '/v1/datasets',
    {
      schema: {
        operationId: 'listDatasets',
        summary: 'Data sets, newest first',
        tags: ['datasets'],
        querystring: pageQuery({}),
        response: { 200: listOf(named(Dataset)), ...problems(422) },
      },
    },
    async (request, reply) => {
      const list = await page(await listDatasetIds(store), request.query, (id) => findDataset(store, id));
      linkNext(reply, list, '/v1/datasets', request.query);
      return list;
    },
  );

  app.get(
    '/v1/datasets/:id',
    {
      schema: {
        operationId: 'getDataset',
        summary: 'One data set',
        tags: ['datasets'],
        params: Id,
        response: { 200: named(Dataset), ...problems(404) },
      },
    },
    (request) => getDataset(store, request.params.id),
  );

  app.delete(
    '/v1/datasets/:id',
    {
      schema: {
        operationId: 'deleteDataset',
        summary: 'Remove a data set that no unfinished job needs',
        tags: ['datasets'],
        params: Id,
        response: { 204: Type.Null(), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      await deleteDataset(rooms, request.params.id);
      return reply.code(204).send(null);
    },
  );
};
