// /v1/jobs/{id}/…: what a job tells while it runs, and what it has made.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from '../../contract/typebox.js';
import { Checkpoint } from '../../contract/checkpoint.js';
import { CompareReport } from '../../contract/compare-report.js';
import { ServiceError } from '../../contract/errors.js';
import { EvaluateReport } from '../../contract/evaluate-report.js';
import { JobEvent } from '../../contract/event.js';
import { REPORT_ONLY, type JobType } from '../../contract/job.js';
import { LOG_LEVELS, LogLine } from '../../contract/log-line.js';
import { BundleFile, type Model } from '../../contract/model.js';
import { ExplainReport } from '../../contract/explain-report.js';
import { ExportReport } from '../../contract/export-report.js';
import { RateReport } from '../../contract/rate-report.js';
import { MetricPoint } from '../../contract/run.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { TransferReport } from '../../contract/transfer-report.js';
import { artifact, artifactsOf } from '../../jobs/artifacts.js';
import { checkpointView, listCheckpoints } from '../../jobs/checkpoints.js';
import { logAsLines, readLog } from '../../jobs/job-log.js';
import { curvesAsCsv, curvesAsLines, readCurves } from '../../jobs/learning-curves.js';
import { getStoredJob } from '../../jobs/query.js';
import { resultReportKey } from '../../jobs/result.js';
import { REPORT_FILE, REPORT_PAGE } from '../../models/bundle.js';
import { bundleFile } from '../../models/files.js';
import { getModel, modelFileKey } from '../../models/registry.js';
import { candidatesPage } from '../../report/candidates-page.js';
import { evaluationPage } from '../../report/evaluation-page.js';
import { acceptedOf, CSV_TYPE, EVENT_STREAM_TYPE, HTML_TYPE, JSON_TYPE, NDJSON_TYPE } from '../accepted.js';
import { linkNext, listOfAll } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { ANY_TYPE, fileAnswers, inPart, problems } from '../schemas.js';
import { sendFile } from '../send-file.js';
import { isStream, streamEvents } from '../stream-events.js';

const Id = closed({ id: Type.String() });
const IdAndName = closed({ id: Type.String(), name: Type.String() });
const MOST_EVENTS = 1000;
const MOST_LOG_LINES = 1000;
const MOST_CURVE_POINTS = 10_000;

/** Their reports are JSON alone. */
const WITHOUT_PAGE: readonly JobType[] = ['lr_find', 'explain', 'export'];

const pageOf = (report: CompareReport | EvaluateReport): string => (report.object === 'compare_report' ? candidatesPage(report) : evaluationPage(report));

/** @param dropStalledMs after so long a reader of a stream who takes nothing is dropped */
export const jobRecordRoutes = ({ store, events }: Rooms, dropStalledMs: number): FastifyPluginAsyncTypebox => async (app) => {
  const modelOf = async (id: string): Promise<Model> => {
    const { job, status } = await getStoredJob(store, id);
    if (status !== 'succeeded') throw ServiceError.of('NO_ARTIFACTS_YET', status);
    if (job.model === null) throw ServiceError.of('NO_ARTIFACTS', job.id);
    return getModel(store, job.model);
  };

  app.get(
    '/v1/jobs/:id/events',
    {
      sse: 'dual',
      schema: {
        operationId: 'listJobEvents',
        summary: 'What happened to a job, oldest first',
        description:
          'A list; or, asked with "Accept: text/event-stream", the same events live, ended by "event: done". Last-Event-ID or ?after= resume without ' +
          'loss; one that the log never gave is told of ("event: gap"), and all of the log follows. A reader who has seen the last event gets 204.',
        tags: ['jobs'],
        params: Id,
        querystring: closed({
          after: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'Id of the last event seen.' })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_EVENTS, default: MOST_EVENTS })),
        }),
        response: {
          200: { description: 'The events.', content: { [JSON_TYPE]: { schema: listOf(named(JobEvent)) }, [EVENT_STREAM_TYPE]: { schema: Type.String() } } },
          204: Type.Null({ description: 'To a reader of the stream: nothing more will come.' }),
          ...problems(404, 422),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { after = 0, limit = MOST_EVENTS } = request.query;
      await getStoredJob(store, id);
      if (isStream(reply)) return streamEvents(request, reply, events, id, after, dropStalledMs);
      const found = await events.read(id, after, limit + 1);
      const list = listOfAll(found.slice(0, limit), found.length > limit);
      linkNext(reply, list, `/v1/jobs/${id}/events`, request.query);
      return list;
    },
  );

  app.get(
    '/v1/jobs/:id/checkpoints',
    {
      schema: {
        operationId: 'listJobCheckpoints',
        summary: 'Checkpoints that are kept, newest first: the newest two and the best',
        tags: ['jobs'],
        params: Id,
        response: { 200: listOf(named(Checkpoint)), ...problems(404) },
      },
    },
    async (request) => {
      const { job } = await getStoredJob(store, request.params.id);
      return listOfAll((await listCheckpoints(store, job.id)).map(checkpointView));
    },
  );

  app.get(
    '/v1/jobs/:id/metrics',
    {
      schema: {
        operationId: 'getJobMetrics',
        summary: 'Learning curves of the last attempt, oldest first',
        description: `JSON; or with "Accept: ${CSV_TYPE}" a table, with "Accept: ${NDJSON_TYPE}" a line for each point.`,
        tags: ['jobs'],
        params: Id,
        querystring: closed({
          name: Type.Optional(Type.String({ maxLength: 1024, pattern: '^[a-z0-9_]+(,[a-z0-9_]+)*$', description: 'Metrics that are wanted, with commas between them. @default all', examples: ['loss,val_accuracy'] })),
          run: Type.Optional(Type.String({ maxLength: 64, description: 'The run that is wanted. @default all' })),
          points: Type.Optional(
            Type.Integer({ minimum: 2, maximum: MOST_CURVE_POINTS, description: 'Most points of each metric of each run: the first, the last, and the least and the greatest of each stretch between them. @default all there are' }),
          ),
        }),
        response: {
          200: {
            description: 'The curves.',
            content: { [JSON_TYPE]: { schema: closed({ object: Type.Literal('metrics'), data: Type.Array(MetricPoint) }) }, [CSV_TYPE]: { schema: Type.String() }, [NDJSON_TYPE]: { schema: Type.String() } },
          },
          ...problems(404, 422),
        },
      },
    },
    async (request, reply) => {
      const { name, ...narrowed } = request.query;
      const curves = await readCurves(store, await getStoredJob(store, request.params.id), { ...narrowed, ...(name !== undefined && { names: name.split(',') }) });
      const type = acceptedOf(request, [JSON_TYPE, CSV_TYPE, NDJSON_TYPE]);
      void reply.header('vary', 'accept').type(type);
      if (type === JSON_TYPE) return reply.send({ object: 'metrics', data: curves });
      return reply.serializer((text: unknown) => text as string).send(type === CSV_TYPE ? curvesAsCsv(curves) : curvesAsLines(curves));
    },
  );

  app.get(
    '/v1/jobs/:id/logs',
    {
      schema: {
        operationId: 'listJobLogs',
        summary: 'What worker and child wrote while they made the attempts of a job, oldest first',
        description: `JSON; or with "Accept: ${NDJSON_TYPE}" a line for each. The newest mebibyte is kept; in the place of what was dropped stands a line that says so.`,
        tags: ['jobs'],
        params: Id,
        querystring: closed({
          after: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'Id of the last line seen.' })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_LOG_LINES, default: MOST_LOG_LINES })),
          level: Type.Optional(oneOf(LOG_LEVELS, { description: 'Least level that is wanted. @default all' })),
        }),
        response: {
          200: { description: 'The lines.', content: { [JSON_TYPE]: { schema: listOf(named(LogLine)) }, [NDJSON_TYPE]: { schema: Type.String() } } },
          ...problems(404, 422),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { limit = MOST_LOG_LINES, ...narrowed } = request.query;
      await getStoredJob(store, id);
      const found = await readLog(store, id, narrowed);
      const list = listOfAll(found.slice(0, limit), found.length > limit);
      const type = acceptedOf(request, [JSON_TYPE, NDJSON_TYPE]);
      linkNext(reply.header('vary', 'accept').type(type), list, `/v1/jobs/${id}/logs`, request.query);
      return type === JSON_TYPE ? reply.send(list) : reply.serializer((text: unknown) => text as string).send(logAsLines(list.data));
    },
  );

  app.get(
    '/v1/jobs/:id/report',
    {
      schema: {
        operationId: 'getJobReport',
        summary: 'What a fine-tuning came to, and whether transfer helped; of an evaluation what it measured, of an explanation what the model goes by, of a comparison its table, of a range test its curve, of an export its files and how they were verified',
        description: 'JSON; of a fine-tuning, an evaluation or a comparison, asked with "Accept: text/html", a page that stands alone; of a fine-tuning If-None-Match is honoured.',
        tags: ['jobs'],
        params: Id,
        response: {
          200: { description: 'The report.', content: { [JSON_TYPE]: { schema: Type.Union([named(TransferReport), named(RateReport), named(CompareReport), named(EvaluateReport), named(ExplainReport), named(ExportReport)]) }, [HTML_TYPE]: { schema: Type.String() } } },
          ...inPart(JSON_TYPE, HTML_TYPE),
          ...problems(404, 409, 416),
        },
      },
    },
    async (request, reply) => {
      const { job, status } = await getStoredJob(store, request.params.id);
      const isPage = !WITHOUT_PAGE.includes(job.type) && acceptedOf(request, [JSON_TYPE, HTML_TYPE]) === HTML_TYPE;
      // The page says itself which style it has.
      if (isPage) void reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox");
      if (REPORT_ONLY.includes(job.type)) {
        if (status !== 'succeeded') throw ServiceError.of('NO_ARTIFACTS_YET', status);
        const report = JSON.parse((await store.get(resultReportKey(job.id)))!.toString('utf8')) as RateReport | CompareReport | EvaluateReport | ExplainReport | ExportReport;
        if (!(report.object === 'compare_report' || report.object === 'evaluate_report')) return reply.type(JSON_TYPE).send(report);
        void reply.header('vary', 'accept');
        return isPage ? reply.type(HTML_TYPE).send(pageOf(report)) : reply.type(JSON_TYPE).send(report);
      }
      if (job.type !== 'fine_tune') throw ServiceError.of('NO_TRANSFER_REPORT', job.id, 'nothing was carried over');
      const model = await modelOf(job.id);
      if (!model.files.some(({ name }) => name === REPORT_PAGE)) throw ServiceError.of('NO_TRANSFER_REPORT', job.id, 'an earlier version made it');
      const file = await bundleFile(store, model, isPage ? REPORT_PAGE : REPORT_FILE);
      return sendFile(request, reply.header('vary', 'accept'), store, modelFileKey(model.id, file.name), file, { shown: true });
    },
  );

  app.get(
    '/v1/jobs/:id/artifacts',
    {
      schema: {
        operationId: 'listJobArtifacts',
        summary: 'Files that a succeeded job made',
        tags: ['jobs'],
        params: Id,
        response: { 200: closed({ object: Type.Literal('artifacts'), data: Type.Array(BundleFile) }), ...problems(404, 409) },
      },
    },
    async (request) => ({ object: 'artifacts' as const, data: (await artifactsOf(store, request.params.id)).files }),
  );

  app.get(
    '/v1/jobs/:id/artifacts/:name',
    {
      schema: {
        operationId: 'getJobArtifact',
        summary: 'One file that a succeeded job made',
        description: 'Range, If-None-Match and If-Range are honoured; Repr-Digest carries the SHA-256 of the whole file.',
        tags: ['jobs'],
        params: IdAndName,
        response: { ...fileAnswers('The file.', ANY_TYPE), ...problems(404, 409, 416) },
      },
    },
    async (request, reply) => {
      const { file, key } = await artifact(store, request.params.id, request.params.name);
      return sendFile(request, reply, store, key, file);
    },
  );
};
