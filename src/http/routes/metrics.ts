// /metrics: what the service measures of itself, for Prometheus.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import type { Telemetry } from '../../telemetry/telemetry.js';

export const metricsRoutes = (telemetry: Telemetry): FastifyPluginAsyncTypebox => async (app) => {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getPrometheusMetrics',
        summary: 'What the service measures of itself, for Prometheus',
        description: 'The text format of Prometheus 0.0.4; docs/metrics.md lists what is told. READ_ONLY_KEY will do.',
        tags: ['system'],
        produces: ['text/plain'],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => reply.type(telemetry.contentType).serializer((text: unknown) => String(text)).send(await telemetry.scrape()),
  );
};
