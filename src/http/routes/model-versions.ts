// /v1/models/versions: the models that were ever given a name, by its numbers.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import { ServiceError } from '../../contract/errors.js';
import { ModelVersion } from '../../contract/model.js';
import { versionIn } from '../../contract/model-address.js';
import { closed, DisplayName, listOf, named } from '../../contract/schema.js';
import { modelVersion } from '../../models/version-list.js';
import { versionsOf } from '../../models/versions.js';
import { linkNext, listOfAll, PageLimit, USUAL_LIMIT } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';

const PATH = '/v1/models/versions';
const Query = closed({
  name: Type.String({ ...DisplayName, description: 'The very name.' }),
  limit: PageLimit,
  after: Type.Optional(Type.String({ maxLength: 256, description: 'Id of the last item of the page before, such as digits@3.' })),
});

export const modelVersionRoutes = ({ store }: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  app.get(
    PATH,
    {
      schema: {
        operationId: 'listModelVersions',
        summary: 'All versions of a name, newest first',
        description: 'Those too whose models were deleted, or are named otherwise by now.',
        tags: ['models'],
        querystring: Query,
        response: { 200: listOf(named(ModelVersion)), ...problems(422) },
      },
    },
    async (request, reply) => {
      const { name, limit: most = USUAL_LIMIT, after } = request.query;
      const before = after === undefined ? Infinity : numberIn(name, after);
      const left = (await versionsOf(store, name)).filter((version) => version < before);
      const list = listOfAll(await Promise.all(left.slice(0, most).map((version) => modelVersion(store, name, version))), left.length > most);
      linkNext(reply, list, PATH, request.query);
      return list;
    },
  );
};

/** Of an id that a page ended with; one that has been deleted since is as good. @throws INVALID_VALUE */
function numberIn(name: string, after: string): number {
  const last = versionIn(after);
  if (typeof last === 'object' && last.name === name && typeof last.version === 'number') return last.version;
  throw ServiceError.of('INVALID_VALUE', `must be the id of a version of "${name}"`).at('/after');
}
