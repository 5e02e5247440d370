// /v1/system, /healthz, /readyz, /openapi.json, /errors.md: what the service says of itself.
import { readFile } from 'node:fs/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import { named } from '../../contract/schema.js';
import { Health, System, type WorkerStatus } from '../../contract/system.js';
import { isQueueProblem, type Queue } from '../../queue/queue.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';
import { warningsOf } from '../system-warnings.js';

export const systemRoutes = ({ queue, store, version, retention }: Rooms, access: System['access']): FastifyPluginAsyncTypebox => async (app) => {
  app.get(
    '/v1/system',
    {
      schema: {
        operationId: 'getSystem',
        summary: 'Versions, queue, workers, engines, how long what is kept, warnings',
        tags: ['system'],
        response: { 200: named(System), ...problems() },
      },
    },
    async (): Promise<System> => {
      const { workers, ...known } = await seenOf(queue);
      return {
        object: 'system',
        version,
        node: process.versions.node,
        access,
        queue: known,
        workers,
        retention,
        warnings: warningsOf(known.status, workers, access),
      };
    },
  );

  const works = async (check: Promise<unknown>): Promise<'ok' | 'unavailable'> =>
    check.then(() => 'ok' as const, () => 'unavailable' as const);

  app.get(
    '/healthz',
    { schema: { operationId: 'getHealth', summary: 'The process answers', tags: ['system'], response: { 200: Health } } },
    async () => ({ status: 'ok' as const, checks: {} }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Jobs can be accepted: queue and store answer',
        tags: ['system'],
        response: { 200: Health, 503: Health },
      },
    },
    async (_request, reply) => {
      const checks = { queue: await works(queue.ready()), store: await works(store.list('jobs')) };
      const status = Object.values(checks).every((check) => check === 'ok') ? ('ok' as const) : ('unavailable' as const);
      return reply.code(status === 'ok' ? 200 : 503).send({ status, checks });
    },
  );

  app.get(
    '/openapi.json',
    { schema: { operationId: 'getOpenapi', summary: 'This description', tags: ['system'], response: { 200: Type.Any() } } },
    async () => app.swagger(),
  );

  app.get(
    '/errors.md',
    {
      schema: {
        operationId: 'getErrors',
        summary: 'Every error code explained',
        tags: ['system'],
        produces: ['text/markdown'],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => {
      const text = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
      return reply.type('text/markdown; charset=utf-8').serializer((value: unknown) => String(value)).send(text);
    },
  );
};

/** What the queue says at the moment; its absence is no reason to say nothing. */
async function seenOf(queue: Queue): Promise<System['queue'] & { workers: WorkerStatus[] }> {
  try {
    const [server, counts, workers] = await Promise.all([queue.server(), queue.counts('train'), queue.workers()]);
    return { status: 'ok', server, ...counts, workers };
  } catch (problem) {
    if (!isQueueProblem(problem)) throw problem;
    return { status: 'unavailable', server: null, waiting: null, active: null, workers: [] };
  }
}
