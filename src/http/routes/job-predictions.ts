// /v1/jobs/{id}/predictions: what the published model said of each example that the end of the job was measured on, or the model that an evaluation
// measured.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import { ExamplePrediction, PREDICTION_ORDERS } from '../../contract/example-prediction.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { readPredictions } from '../../jobs/find-predictions.js';
import { getStoredJob } from '../../jobs/query.js';
import { linkNext, listOfAll } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';

const MOST_PREDICTIONS = 1000;
const USUAL_LIMIT = 100;
const ofClass = (description: string) => Type.Optional(Type.String({ description: `${description} Of classifiers.` }));

export const jobPredictionRoutes = ({ store }: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  app.get(
    '/v1/jobs/:id/predictions',
    {
      schema: {
        operationId: 'listJobPredictions',
        summary: 'What the published model said of each test example, or the model that an evaluation measured of each of its examples',
        description: 'As the last evaluation of the job measured it: the mean of `loss` is its `test_loss`. Each example by itself is at GET /v1/datasets/{id}/examples/{index}?part=.',
        tags: ['jobs'],
        params: closed({ id: Type.String() }),
        querystring: closed({
          sort: Type.Optional(oneOf(PREDICTION_ORDERS, { default: 'index', description: 'index: as they lie in their part; loss: the greatest first, of equal ones the first.' })),
          true: ofClass('Name of the class that they are of. @default all'),
          predicted: ofClass('Name of the class that was predicted. @default all'),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_PREDICTIONS, default: USUAL_LIMIT })),
          after: Type.Optional(Type.Integer({ minimum: 0, description: 'Id of the last example of the page before.' })),
        }),
        response: { 200: listOf(named(ExamplePrediction)), ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { limit = USUAL_LIMIT, sort = 'index', ...narrowed } = request.query;
      const found = await readPredictions(store, await getStoredJob(store, id), { ...narrowed, limit, sort }).catch(async (problem: unknown) => {
        await getStoredJob(store, id); // deleted in this moment, it is not there
        throw problem;
      });
      const list = listOfAll(found.slice(0, limit), found.length > limit);
      linkNext(reply, list, `/v1/jobs/${id}/predictions`, request.query);
      return list;
    },
  );
};
