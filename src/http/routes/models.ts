// /v1/models: what succeeded jobs left behind and what comes from elsewhere, file by file.
import fastifyMultipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import { CatalogueModel, CatalogueRequest } from '../../contract/catalogue.js';
import { DESCENDANTS, Lineage } from '../../contract/lineage.js';
import { AnyModel, Model, ModelChange, ModelFetchRequest, ModelImportForm, UNREADY_STATES } from '../../contract/model.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { deleteModel } from '../../jobs/deletion.js';
import { lineageOf } from '../../jobs/lineage.js';
import { lastingModelId, modelIdAt } from '../../models/addresses.js';
import { annotate } from '../../models/annotations.js';
import { bringBaseModel, catalogueModel } from '../../models/catalogue/registry.js';
import { bundleFile } from '../../models/files.js';
import { acceptModel, acceptModelUrl } from '../../models/imports/accept.js';
import { findUnreadyModel, listAllModelIds, requireNotUnready } from '../../models/imports/registry.js';
import { lineagePicture } from '../../models/lineage-picture.js';
import { findModel, getModel, modelFileKey } from '../../models/registry.js';
import { tellBeforeRemoval } from '../../webhooks/announce.js';
import { acceptedOf, JSON_TYPE, SVG_TYPE } from '../accepted.js';
import { replay } from '../idempotency.js';
import { linkNext, listOfAll, page, pageQuery } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { ANY_TYPE, fileAnswers, ModelInPath, problems } from '../schemas.js';
import { sendFile } from '../send-file.js';
import { DOCUMENTS_ONLY } from '../validation.js';
import { MODEL_UPLOAD, readUpload, receiveAgain } from '../upload.js';

const Address = closed({ id: ModelInPath });
const AddressAndName = closed({ id: ModelInPath, name: Type.String() });
const Id = closed({ id: Type.String({ description: 'Id of the model, or a version of a name with its number: digits@3.' }) });

const UploadBody = {
  ...Type.Object({ ...ModelImportForm.properties, file: Type.Array(Type.String({ format: 'binary' })) }),
  description: 'Each file a part named "file": model.json with its shards, a zip archive of them, one .keras or one .h5.',
  [DOCUMENTS_ONLY]: true,
};

export const modelRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, queue, maxUploadBytes, catalogue, allowPrivate, networks } = rooms;
  const find = async (id: string): Promise<AnyModel | undefined> => (await findModel(store, id)) ?? findUnreadyModel(store, id);
  const queued = async (id: string): Promise<string> => {
    // If the queue went away in this moment, jobs/reconcile.ts adds it later.
    await queue.add('import', id, 5).catch(() => undefined);
    return id;
  };
  const acceptRequest = async (asked: ModelFetchRequest | CatalogueRequest, id?: string): Promise<string> =>
    'catalogue' in asked ? bringBaseModel(rooms, asked.catalogue, '/catalogue') : queued(await acceptModelUrl(store, asked, { allowPrivate }, id));
  // Registered here, so that no other route takes multipart bodies.
  await app.register(fastifyMultipart);

  app.post(
    '/v1/models/imports',
    {
      schema: {
        operationId: 'importModel',
        summary: 'Make a model from the files of one that was trained elsewhere, from their address, or of the catalogue',
        tags: ['models'],
        consumes: ['application/json', 'multipart/form-data'],
        body: { content: { 'application/json': { schema: Type.Union([ModelFetchRequest, CatalogueRequest]) }, 'multipart/form-data': { schema: UploadBody } } },
        response: { 201: named(AnyModel), ...problems(400, 413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const reserved = request.idempotency;
      const isUpload = request.isMultipart();
      if (reserved?.answer && isUpload) {
        await readUpload(request, MODEL_UPLOAD, maxUploadBytes, receiveAgain);
        return replay(reply, reserved.answer);
      }
      await queue.ready();
      const id = isUpload
        ? await queued(await readUpload(request, MODEL_UPLOAD, maxUploadBytes, (upload) => acceptModel(store, upload, reserved?.ids.model)))
        : await acceptRequest(request.body as ModelFetchRequest | CatalogueRequest, reserved?.ids.model);
      return reply.code(201).header('location', `/v1/models/${id}`).send((await find(id))!);
    },
  );

  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'Models, newest first',
        tags: ['models'],
        querystring: pageQuery('model', { status: Type.Optional(oneOf(['ready', ...UNREADY_STATES])) }),
        response: { 200: listOf(named(AnyModel)), ...problems(422) },
      },
    },
    async (request, reply) => {
      const list = await page(await listAllModelIds(store), request.query, find);
      linkNext(reply, list, '/v1/models', request.query);
      return list;
    },
  );

  app.get(
    '/v1/models/catalogue',
    {
      schema: {
        operationId: 'listCatalogue',
        summary: 'Base models that a job may start from by name',
        description: 'Each is fetched when it is first wanted, once for all, and is a model like any other then.',
        tags: ['models'],
        response: { 200: listOf(named(CatalogueModel)), ...problems() },
      },
    },
    async () => listOfAll(await Promise.all([...catalogue.values()].map((entry) => catalogueModel(store, entry)))),
  );

  app.get(
    '/v1/models/:id',
    {
      schema: {
        operationId: 'getModel',
        summary: 'One model',
        tags: ['models'],
        params: Address,
        response: { 200: named(AnyModel), ...problems(400, 404) },
      },
    },
    async (request) => {
      const id = await modelIdAt(store, request.params.id);
      return (await find(id)) ?? getModel(store, id);
    },
  );

  app.patch(
    '/v1/models/:id',
    {
      schema: {
        operationId: 'changeModel',
        summary: 'Change what people say of a model: its name, stage, aliases, notes, metadata',
        tags: ['models'],
        params: Id,
        body: ModelChange,
        response: { 200: named(Model), ...problems(400, 404, 409, 413, 415, 422, 507) },
      },
    },
    async (request) => {
      const id = await lastingModelId(store, request.params.id);
      await requireNotUnready(store, id);
      const changed = await annotate(store, await getModel(store, id), request.body);
      networks.renamed();
      return changed;
    },
  );

  app.get(
    '/v1/models/:id/lineage',
    {
      schema: {
        operationId: 'getModelLineage',
        summary: 'Where a model came from, and what came of it',
        description: `A graph of data sets, models and jobs: all ancestors, those too that were deleted, and all that was made from it. JSON; or with "Accept: ${SVG_TYPE}" or ?format=svg a picture that stands alone.`,
        tags: ['models'],
        params: Address,
        querystring: closed({ format: Type.Optional(oneOf(['json', 'svg'], { description: 'In place of an Accept header. @default what that says' })) }),
        response: { 200: { description: 'The graph.', content: { [JSON_TYPE]: { schema: named(Lineage) }, [SVG_TYPE]: { schema: Type.String() } } }, ...problems(400, 404, 422) },
      },
    },
    async (request, reply) => {
      const id = await modelIdAt(store, request.params.id);
      const { format } = request.query;
      if (!(await find(id))) await getModel(store, id);
      const lineage = await lineageOf(store, id);
      const isPicture = format === undefined ? acceptedOf(request, [JSON_TYPE, SVG_TYPE]) === SVG_TYPE : format === 'svg';
      void reply.header('vary', 'accept');
      if (!isPicture) return reply.type(JSON_TYPE).send(lineage);
      // Opened by itself it may run nothing and fetch nothing, whatever a name in it says.
      void reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      return reply.type(SVG_TYPE).serializer((text: unknown) => text as string).send(lineagePicture(lineage));
    },
  );

  app.get(
    '/v1/models/:id/files/:name',
    {
      schema: {
        operationId: 'getModelFile',
        summary: 'One file of a model’s bundle',
        description: 'Range, If-None-Match and If-Range are honoured; Repr-Digest carries the SHA-256 of the whole file.',
        tags: ['models'],
        params: AddressAndName,
        response: { ...fileAnswers('The file.', ANY_TYPE), ...problems(400, 404, 409, 416) },
      },
    },
    async (request, reply) => {
      const id = await modelIdAt(store, request.params.id);
      await requireNotUnready(store, id);
      const model = await getModel(store, id);
      const file = await bundleFile(store, model, request.params.name);
      return sendFile(request, reply, store, modelFileKey(model.id, file.name), file);
    },
  );

  app.delete(
    '/v1/models/:id',
    {
      schema: {
        operationId: 'deleteModel',
        summary: 'Remove a model that no unfinished job needs and no other model came of',
        description: 'By its id, or a version of a name with its number: what an alias means may be another by now.',
        tags: ['models'],
        params: Id,
        querystring: closed({ descendants: Type.Optional(oneOf(DESCENDANTS, { default: 'refuse', description: 'keep: remove it though other models came of it, which stay as they are.' })) }),
        response: { 204: Type.Null(), ...problems(400, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const id = await lastingModelId(store, request.params.id);
      await tellBeforeRemoval(rooms, id);
      await deleteModel(rooms, id, request.query.descendants ?? 'refuse');
      return reply.code(204).send(null);
    },
  );
};
