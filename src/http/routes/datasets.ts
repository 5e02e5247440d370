// /v1/datasets: make one from files, an address or a generator, look at them, remove one.
import { createHash } from 'node:crypto';
import fastifyMultipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type from '../../contract/typebox.js';
import { Dataset, DATASET_STATES, DatasetForm, DatasetQuery, DatasetRequest } from '../../contract/dataset.js';
import { DatasetExample, DatasetReport } from '../../contract/dataset-report.js';
import { ServiceError } from '../../contract/errors.js';
import { PARTS } from '../../contract/parts.js';
import { pointerPart } from '../../contract/pointer.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { acceptGenerated, acceptResumable, acceptUpload, acceptUrl } from '../../datasets/accept.js';
import type { Upload } from '../../datasets/receive.js';
import { findDataset, getDataset, listDatasetIds } from '../../datasets/registry.js';
import { exampleAsJson, exampleAsPng, getExample, getPreview, getReport } from '../../datasets/report/find-report.js';
import { PNG } from '../../datasets/report/png.js';
import { deleteDataset } from '../../jobs/deletion.js';
import { tellBeforeRemoval } from '../../webhooks/announce.js';
import { acceptedOf, JSON_TYPE, NDJSON_TYPE } from '../accepted.js';
import { replay } from '../idempotency.js';
import { linkNext, page, pageQuery } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { fileAnswers, inPart, problems } from '../schemas.js';
import { isRawFile, readRawUpload, takeRawFiles } from '../raw-upload.js';
import { sendFile, sendUnchanging } from '../send-file.js';
import { DATASET_UPLOAD, readUpload, receiveAgain } from '../upload.js';
import { DOCUMENTS_ONLY } from '../validation.js';

const Id = closed({ id: Type.String() });
const UploadBody = {
  ...Type.Object({ ...DatasetForm.properties, file: Type.Array(Type.String({ format: 'binary' })) }),
  description: 'Each file a part named "file". IDX, plain or gzip: train-images…, train-labels…, and t10k-… or test-…, and validation-… if there are any. NumPy: one .npz, or .npy files: x_train, y_train, x_test, y_test, and x_val, y_val if there are any. Pictures: one zip or tar by class folder, or with a file of labels.',
  [DOCUMENTS_ONLY]: true,
};
const RawBody = { ...Type.String({ format: 'binary' }), description: 'The one file itself; what else an upload may say is in the query.', [DOCUMENTS_ONLY]: true };
const objectText = (what: string) => Type.Optional(Type.String({ description: `The text of a JSON object, as in the form: what ${what} are made into.` }));
const RawQuery = {
  ...Type.Object({ ...DatasetQuery.properties, pictures: objectText('pictures'), table: objectText('tables') }),
  [DOCUMENTS_ONLY]: true,
};

export const datasetRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, queue, maxUploadBytes } = rooms;
  const acceptRequest = (asked: DatasetRequest, id?: string): Promise<string> => {
    if ('upload' in asked) return acceptResumable(store, asked, maxUploadBytes, id);
    return 'url' in asked ? acceptUrl(store, asked, rooms, id) : acceptGenerated(store, asked, id);
  };
  /** How the files of a request are taken, where it brings any. @throws UNKNOWN_FIELD for a query that nobody would read */
  const uploadOf = (request: FastifyRequest) => {
    if (isRawFile(request)) return <T>(accept: (upload: Upload<DatasetForm>) => Promise<T>) => readRawUpload(request, maxUploadBytes, accept);
    const [unread] = Object.keys(request.query as object);
    if (unread !== undefined) throw ServiceError.of('UNKNOWN_FIELD', unread, 'this query; it goes into the body').at(`/${pointerPart(unread)}`);
    return request.isMultipart() ? <T>(accept: (upload: Upload<DatasetForm>) => Promise<T>) => readUpload(request, DATASET_UPLOAD, maxUploadBytes, accept) : undefined;
  };
  // Both here, so that no other route takes files.
  await app.register(fastifyMultipart);
  takeRawFiles(app);

  app.post(
    '/v1/datasets',
    {
      schema: {
        operationId: 'createDataset',
        summary: 'Make a data set from uploaded files, an address or a generator',
        tags: ['datasets'],
        consumes: ['application/json', 'multipart/form-data', 'application/octet-stream'],
        querystring: RawQuery,
        body: { content: { 'application/json': { schema: DatasetRequest }, 'multipart/form-data': { schema: UploadBody }, 'application/octet-stream': { schema: RawBody } } },
        response: { 201: named(Dataset), ...problems(400, 409, 413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const reserved = request.idempotency;
      const upload = uploadOf(request);
      if (reserved?.answer && upload) {
        await upload(receiveAgain);
        return replay(reply, reserved.answer);
      }
      await queue.ready();
      const id = upload
        ? await upload((sent) => acceptUpload(store, sent, reserved?.ids.dataset))
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
        querystring: pageQuery('dataset', { status: Type.Optional(oneOf(DATASET_STATES)) }),
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

  app.get(
    '/v1/datasets/:id/report',
    {
      schema: {
        operationId: 'getDatasetReport',
        summary: 'What the reading of a data set found, before anything is trained on it',
        description: `Of one that is invalid too, as far as its reading came. JSON has the first 1,000 row problems; all of them come as NDJSON with "Accept: ${NDJSON_TYPE}".`,
        tags: ['datasets'],
        params: Id,
        response: {
          200: { description: 'The report, or its row problems.', content: { [JSON_TYPE]: { schema: named(DatasetReport) }, [NDJSON_TYPE]: { schema: Type.String() } } },
          ...inPart(NDJSON_TYPE), ...problems(404, 409, 416),
        },
      },
    },
    async (request, reply) => {
      const found = await getReport(store, request.params.id);
      if (acceptedOf(request, [JSON_TYPE, NDJSON_TYPE]) === NDJSON_TYPE) {
        return sendFile(request, reply.header('vary', 'accept'), store, found.problems.key, found.problems.file);
      }
      const bytes = Buffer.from(JSON.stringify(found.report));
      return sendUnchanging(request, reply, createHash('sha256').update(bytes).digest('hex'), JSON_TYPE, async () => bytes);
    },
  );

  app.get(
    '/v1/datasets/:id/preview',
    {
      schema: {
        operationId: 'getDatasetPreview',
        summary: 'A sheet of some examples of each class, as PNG',
        description: 'Of data sets of pictures; what lies where is in `findings.preview` of the report. Range and If-None-Match are honoured.',
        tags: ['datasets'],
        params: Id,
        response: { ...fileAnswers('The sheet.', PNG), ...problems(404, 409, 416) },
      },
    },
    async (request, reply) => {
      const { key, file } = await getPreview(store, request.params.id);
      return sendFile(request, reply, store, key, file);
    },
  );

  app.get(
    '/v1/datasets/:id/examples/:index',
    {
      schema: {
        operationId: 'getDatasetExample',
        summary: 'One example of a data set: its values, or as PNG',
        description: `JSON, or a picture with "Accept: ${PNG}". If-None-Match is honoured.`,
        tags: ['datasets'],
        params: closed({ id: Type.String(), index: Type.Integer({ minimum: 0 }) }),
        querystring: closed({ part: Type.Optional(oneOf(PARTS, { default: 'train' })) }),
        response: {
          200: { description: 'The example.', content: { [JSON_TYPE]: { schema: named(DatasetExample) }, [PNG]: { schema: Type.String({ format: 'binary' }) } } },
          304: Type.Any(), ...problems(404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { id, index } = request.params;
      const { part = 'train' } = request.query;
      const type = acceptedOf(request, [JSON_TYPE, PNG]);
      const example = await getExample(store, id, part, index);
      const tag = `${example.content.digest}-${part}-${index}-${type === PNG ? 'png' : 'json'}`;
      return sendUnchanging(request, reply, tag, type, async () =>
        type === PNG ? exampleAsPng(example, id) : Buffer.from(JSON.stringify(exampleAsJson(example, id, part, index))));
    },
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
      await tellBeforeRemoval(rooms, request.params.id);
      await deleteDataset(rooms, request.params.id);
      return reply.code(204).send(null);
    },
  );
};
