// Predictions: of a model, in our form and in that of TensorFlow Serving, and of a job as far as it is.
import fastifyMultipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from '../../contract/typebox.js';
import { ServiceError } from '../../contract/errors.js';
import { MOST_PICTURES, PredictionWanted, Predictions, PredictRequest, ServingAnswer, ServingRequest } from '../../contract/prediction.js';
import { closed, named } from '../../contract/schema.js';
import { plainName } from '../../datasets/receive.js';
import { sizeText } from '../../datasets/size-text.js';
import { outputsOf, predictionsOf } from '../../predictions/answer.js';
import type { Asked } from '../../predictions/find.js';
import { predict, type Sent } from '../../predictions/predict.js';
import { modelIdAt } from '../../models/addresses.js';
import { replay } from '../idempotency.js';
import type { Rooms } from '../rooms.js';
import { ModelInPath, problems } from '../schemas.js';
import { checked, digestOf, fieldsOf, gather, readUpload, type UploadForm } from '../upload.js';
import { DOCUMENTS_ONLY } from '../validation.js';

/** Some 25 pictures of 224 × 224 as numbers, 5,000 digits; JSON of that size takes a tenth of a second to read. */
const MOST_BODY_BYTES = 2 ** 24;
const CSV = 'text/csv';

const Id = closed({ id: Type.String() });
const Name = closed({ name: Type.String() });

const PICTURES: UploadForm<PredictionWanted> = {
  ...fieldsOf(PredictionWanted),
  mostFiles: MOST_PICTURES,
  tooMany: (why) => ServiceError.of('INVALID_VALUE', `is not acceptable: ${why}`).at('/file'),
};

const PicturesBody = {
  ...Type.Object({ ...PredictionWanted.properties, file: Type.Array(Type.String({ format: 'binary' })) }),
  description: 'Each picture a part named "file", turned into an input as those of the data set were.',
  [DOCUMENTS_ONLY]: true,
};
const CsvBody = { ...Type.String({ description: 'A line of names, then the rows; columns that the model does not take are not looked at. Options are in the query.' }), [DOCUMENTS_ONLY]: true };
const Body = { content: { 'application/json': { schema: PredictRequest }, 'multipart/form-data': { schema: PicturesBody }, [CSV]: { schema: CsvBody } } };
const Query = closed({
  top_k: Type.Optional({ ...PredictionWanted.properties.top_k, description: 'Of CSV alone; else it is in the body.' }),
  include: Type.Optional({ ...Type.Union([PredictionWanted.properties.include, Type.String()]), description: 'Of CSV alone; may be repeated.' }),
});

export const predictionRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, networks, predictions: pool } = rooms;
  // Registered here, so that no other route takes such bodies.
  await app.register(fastifyMultipart);
  app.addContentTypeParser(CSV, { parseAs: 'buffer', bodyLimit: MOST_BODY_BYTES }, (_request, body, done) => done(null, body));

  const answerTo = async (request: FastifyRequest, reply: FastifyReply, find: () => Promise<Asked>): Promise<unknown> => {
    const { sent, wanted } = await received(request);
    if (request.idempotency?.answer) return replay(reply, request.idempotency.answer);
    const { asked, outputs } = await predict(pool, find, sent);
    return predictionsOf(asked, outputs, wanted);
  };

  const shared = {
    tags: ['predictions'],
    consumes: ['application/json', 'multipart/form-data', CSV],
    body: Body,
    querystring: Query,
    response: { 200: named(Predictions), ...problems(400, 404, 409, 413, 415, 422, 500, 503, 504) },
  };

  app.post(
    '/v1/models/:id/predict',
    {
      bodyLimit: MOST_BODY_BYTES,
      schema: {
        operationId: 'predict',
        summary: 'What a model says of new examples',
        description: 'Examples are sent as they are in a data set; the model’s own preprocessing is applied. JSON, pictures as files, or rows of a table as CSV.',
        ...shared,
        params: closed({ id: ModelInPath }),
      },
    },
    async (request, reply) => answerTo(request, reply, async () => networks.ofModel(await modelIdAt(store, request.params.id))) as never,
  );

  app.post(
    '/v1/jobs/:id/predict',
    {
      bodyLimit: MOST_BODY_BYTES,
      schema: {
        operationId: 'predictByJob',
        summary: 'What a job has learnt so far says of new examples',
        description: 'The model of a job that succeeded; else its best checkpoint by validation loss, or the newest where none was validated.',
        ...shared,
        params: Id,
      },
    },
    async (request, reply) => answerTo(request, reply, () => networks.ofJob((request.params).id)) as never,
  );

  app.post(
    '/v1/models/:name(^.+)::predict',
    {
      bodyLimit: MOST_BODY_BYTES,
      schema: {
        operationId: 'predictAsServing',
        summary: 'The same in the form of TensorFlow Serving',
        description: 'The model by its id, an alias, a version of a name, or the newest of that name. Each prediction is what the network gives, in the shape of its output; instances are raw, as in a data set.',
        tags: ['predictions'],
        params: Name,
        body: ServingRequest,
        response: { 200: named(ServingAnswer), ...problems(400, 404, 409, 413, 415, 422, 500, 503, 504) },
      },
    },
    async (request) => {
      const { asked, outputs } = await predict(pool, () => networks.ofName(request.params.name), { form: 'instances', instances: request.body.instances, pointer: '/instances' });
      return { predictions: outputsOf(asked, outputs) };
    },
  );
};

async function received(request: FastifyRequest): Promise<{ sent: Sent; wanted: PredictionWanted }> {
  if (request.isMultipart()) return receivedPictures(request);
  const query = optionsOf(request);
  if (Buffer.isBuffer(request.body)) {
    const { body } = request;
    await request.idempotency?.received(digestOf(query, [{ name: '', size_bytes: body.length, sha256: sha256Of(body) }]));
    return { sent: { form: 'csv', bytes: body }, wanted: query };
  }
  const [stranger] = Object.keys(query);
  if (stranger !== undefined) throw ServiceError.of('INVALID_VALUE', `of "${stranger}" goes into the body where that is JSON`).at(`/${stranger}`);
  const { instances, ...wanted } = request.body as PredictRequest;
  return { sent: { form: 'instances', instances, pointer: '/instances' }, wanted };
}

function optionsOf(request: FastifyRequest): PredictionWanted {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    for (const one of [value].flat()) gather(options, PICTURES, name, one);
  }
  return checked(options, PICTURES);
}

function receivedPictures(request: FastifyRequest): Promise<{ sent: Sent; wanted: PredictionWanted }> {
  // One byte more than all may have, so that it is told by their sum.
  return readUpload(request, PICTURES, MOST_BODY_BYTES + 1, async ({ files, fields, received: known }) => {
    const pictures: { name: string; bytes: Buffer }[] = [];
    let held = 0;
    for await (const { name, bytes } of files) {
      const pieces: Buffer[] = [];
      for await (const piece of bytes as AsyncIterable<Buffer>) {
        held += piece.length;
        if (held > MOST_BODY_BYTES) throw ServiceError.of('BODY_TOO_LARGE', sizeText(MOST_BODY_BYTES));
        pieces.push(piece);
      }
      pictures.push({ name, bytes: Buffer.concat(pieces) });
    }
    const wanted = fields();
    if (pictures.length === 0) throw ServiceError.of('UPLOAD_EMPTY');
    await known?.(pictures.map(({ name, bytes }) => ({ name, size_bytes: bytes.length, sha256: sha256Of(bytes) })));
    return { sent: { form: 'pictures', files: pictures.map(({ name, bytes }) => ({ name: plainName(name), bytes })) }, wanted };
  });
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
