// /v1/jobs: submit, look, follow, cancel, fetch what was made.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { JobEstimate } from '../../contract/estimate.js';
import { JobEvent } from '../../contract/event.js';
import { Job, JOB_TYPES, JobSummary, MetricPoint, REPORT_ONLY } from '../../contract/job.js';
import { JobSchema } from '../../contract/job-schema.js';
import { RateReport } from '../../contract/rate-report.js';
import { AnyJobRequest } from '../../contract/any-job-request.js';
import { CompareReport } from '../../contract/compare-report.js';
import { isTerminal, JOB_STATES } from '../../contract/job-states.js';
import { BundleFile, type Model } from '../../contract/model.js';
import { TransferReport } from '../../contract/transfer-report.js';
import { ServiceError } from '../../contract/errors.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { cancelJob, deleteJob, pauseJob, resumeJob, stopJob, type ControlRooms } from '../../jobs/control.js';
import { checkpointView, listCheckpoints } from '../../jobs/checkpoints.js';
import { Checkpoint } from '../../contract/checkpoint.js';
import { jobSchema } from '../../jobs/job-schema.js';
import { resultReportKey } from '../../jobs/result.js';
import { estimateJob } from '../../jobs/estimate.js';
import { findReadableJob, getStoredJob, jobView, listJobIds, readMetrics, summaryOf } from '../../jobs/query.js';
import { retryJob, submitJob } from '../../jobs/submit.js';
import { REPORT_FILE, REPORT_PAGE } from '../../models/bundle.js';
import { bundleFile, bundleFiles } from '../../models/files.js';
import { getModel, modelFileKey } from '../../models/registry.js';
import { candidatesPage } from '../../report/candidates-page.js';
import { acceptedOf, HTML_TYPE, JSON_TYPE } from '../accepted.js';
import { linkNext, listOfAll, page, pageQuery } from '../listing.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';
import { sendFile } from '../send-file.js';
import { isStream, streamEvents } from '../stream-events.js';

const Id = closed({ id: Type.String() });
const IdAndName = closed({ id: Type.String(), name: Type.String() });
const MOST_EVENTS = 1000;
/** How soon it is worth asking again about a job that has not ended. */
const POLL_AFTER_SECONDS = 1;

export const jobRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, queue, events } = rooms;
  const view = async (id: string): Promise<Job> => jobView(queue, await getStoredJob(store, id));
  const modelOf = async (id: string): Promise<Model> => {
    const { job, status } = await getStoredJob(store, id);
    if (status !== 'succeeded') throw ServiceError.of('NO_ARTIFACTS_YET', status);
    if (job.model === null) throw ServiceError.of('NO_ARTIFACTS', job.id);
    return getModel(store, job.model);
  };

  app.post(
    '/v1/jobs',
    {
      schema: {
        operationId: 'createJob',
        summary: 'Submit a job',
        description: 'Validated and resolved before the answer: the spec in it has nothing left open.',
        tags: ['jobs'],
        querystring: closed({
          dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Validate, estimate, and create nothing: 200 with what the job would take.' })),
        }),
        body: AnyJobRequest,
        response: { 200: named(JobEstimate), 201: named(Job), ...problems(400, 409, 413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      if (request.query.dry_run) return estimateJob(rooms, request.body);
      const id = await submitJob(rooms, request.body, request.idempotency?.ids);
      return reply.code(201).header('location', `/v1/jobs/${id}`).send(await view(id));
    },
  );

  app.get(
    '/v1/jobs',
    {
      schema: {
        operationId: 'listJobs',
        summary: 'Jobs, newest first',
        tags: ['jobs'],
        querystring: pageQuery({
          status: Type.Optional(oneOf(JOB_STATES)),
          type: Type.Optional(oneOf(JOB_TYPES)),
        }),
        response: { 200: listOf(named(JobSummary)), ...problems(422) },
      },
    },
    async (request, reply) => {
      const { status, type } = request.query;
      const list = await page(await listJobIds(store), request.query, async (id) => {
        const stored = await findReadableJob(store, id);
        if (stored === 'unreadable') return undefined;
        const fits = stored && (!status || stored.status === status) && (!type || stored.job.type === type);
        return fits ? summaryOf(stored) : undefined;
      });
      linkNext(reply, list, '/v1/jobs', request.query);
      return list;
    },
  );

  app.get(
    '/v1/jobs/schema',
    {
      schema: {
        operationId: 'getJobSchema',
        summary: 'What a kind of job takes, and a request ready to send',
        description: 'JSON Schema, defaults, limits, and the least request on the newest data set that fits the base model.',
        tags: ['jobs'],
        querystring: closed({
          type: oneOf(JOB_TYPES),
          base_model: Type.Optional(Type.String({ maxLength: 64, description: 'Id of a model, or its name in the catalogue. @default the newest one that a data set fits' })),
        }),
        response: { 200: named(JobSchema), ...problems(422) },
      },
    },
    async (request) => jobSchema(rooms, request.query.type, request.query.base_model),
  );

  app.get(
    '/v1/jobs/:id',
    {
      schema: {
        operationId: 'getJob',
        summary: 'One job',
        tags: ['jobs'],
        params: Id,
        response: { 200: named(Job), ...problems(404) },
      },
    },
    async (request, reply) => {
      const job = await view(request.params.id);
      if (!isTerminal(job.status)) void reply.header('retry-after', POLL_AFTER_SECONDS);
      return job;
    },
  );

  app.delete(
    '/v1/jobs/:id',
    {
      schema: {
        operationId: 'deleteJob',
        summary: 'Remove the record of an ended job; its model stays',
        tags: ['jobs'],
        params: Id,
        response: { 204: Type.Null(), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      await deleteJob(store, request.params.id);
      return reply.code(204).send(null);
    },
  );

  const actions: readonly { action: string; summary: string; description: string; act: (rooms: ControlRooms, id: string) => Promise<void> }[] = [
    {
      action: 'cancel',
      summary: 'End a job without a result',
      description: 'Answers at once and may be repeated. Once it has answered, no artifact of the job appears.',
      act: cancelJob,
    },
    {
      action: 'stop',
      summary: 'End training now and keep what was learnt',
      description: 'Answers at once and may be repeated. Training ends at the next call into TensorFlow; the job succeeds with stop_reason "user_stop".',
      act: stopJob,
    },
    {
      action: 'pause',
      summary: 'Leave a job off, to be gone on with later',
      description: 'Answers at once and may be repeated. A job at work leaves a checkpoint first; resumed, it ends with the same bytes.',
      act: pauseJob,
    },
    { action: 'resume', summary: 'Let a paused job go on', description: 'Answers at once and may be repeated.', act: resumeJob },
  ];
  for (const { action, summary, description, act } of actions) {
    app.post(
      `/v1/jobs/:id/${action}`,
      { schema: { operationId: `${action}Job`, summary, description, tags: ['jobs'], params: Id, response: { 200: named(Job), ...problems(404, 409, 503) } } },
      async (request) => {
        await act(rooms, request.params.id);
        return view(request.params.id);
      },
    );
  }

  app.post(
    '/v1/jobs/:id/retry',
    {
      schema: {
        operationId: 'retryJob',
        summary: 'Make an ended job once more',
        description: 'A new job with the very spec of one that failed, was cancelled or expired; `retry_of` names that.',
        tags: ['jobs'],
        params: Id,
        response: { 201: named(Job), ...problems(404, 409, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const id = await retryJob(rooms, request.params.id, request.idempotency?.ids);
      return reply.code(201).header('location', `/v1/jobs/${id}`).send(await view(id));
    },
  );

  app.get(
    '/v1/jobs/:id/events',
    {
      sse: 'dual',
      schema: {
        operationId: 'listJobEvents',
        summary: 'What happened to a job, oldest first',
        description:
          'A list; or, asked with "Accept: text/event-stream", the same events live, ended by "event: done". Last-Event-ID or ' +
          '?after= resume without loss; a reader who has seen the last event gets 204.',
        tags: ['jobs'],
        params: Id,
        querystring: closed({
          after: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'Id of the last event seen.' })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_EVENTS, default: MOST_EVENTS })),
        }),
        response: { 200: listOf(named(JobEvent)), ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { after = 0, limit = MOST_EVENTS } = request.query;
      await getStoredJob(store, id);
      if (isStream(reply)) return streamEvents(reply, events, id, after);
      const found = await events.read(id, after, limit + 1);
      return listOfAll(found.slice(0, limit), found.length > limit);
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
        tags: ['jobs'],
        params: Id,
        response: { 200: closed({ object: Type.Literal('metrics'), data: Type.Array(MetricPoint) }), ...problems(404) },
      },
    },
    async (request) => ({ object: 'metrics' as const, data: await readMetrics(store, await getStoredJob(store, request.params.id)) }),
  );

  app.get(
    '/v1/jobs/:id/report',
    {
      schema: {
        operationId: 'getJobReport',
        summary: 'What a fine-tuning came to, and whether transfer helped; of a comparison its table, of a range test its curve',
        description: 'JSON; of a fine-tuning or a comparison, asked with "Accept: text/html", a page that stands alone; of a fine-tuning If-None-Match is honoured.',
        tags: ['jobs'],
        params: Id,
        response: {
          200: { description: 'The report.', content: { [JSON_TYPE]: { schema: Type.Union([named(TransferReport), named(RateReport), named(CompareReport)]) }, [HTML_TYPE]: { schema: Type.String() } } },
          206: Type.Any(),
          304: Type.Any(),
          ...problems(404, 409, 416),
        },
      },
    },
    async (request, reply) => {
      const { job, status } = await getStoredJob(store, request.params.id);
      const isPage = job.type !== 'lr_find' && acceptedOf(request, [JSON_TYPE, HTML_TYPE]) === HTML_TYPE;
      // The page says itself which style it has.
      if (isPage) void reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox");
      if (REPORT_ONLY.includes(job.type)) {
        if (status !== 'succeeded') throw ServiceError.of('NO_ARTIFACTS_YET', status);
        const report = JSON.parse((await store.get(resultReportKey(job.id)))!.toString('utf8')) as RateReport | CompareReport;
        if (report.object === 'rate_report') return reply.type(JSON_TYPE).send(report);
        void reply.header('vary', 'accept');
        return isPage ? reply.type(HTML_TYPE).send(candidatesPage(report)) : reply.type(JSON_TYPE).send(report);
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
    async (request) => ({ object: 'artifacts' as const, data: await bundleFiles(store, await modelOf(request.params.id)) }),
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
        response: { 200: Type.Any({ description: 'The file.' }), 206: Type.Any(), 304: Type.Any(), ...problems(404, 409, 416) },
      },
    },
    async (request, reply) => {
      const model = await modelOf(request.params.id);
      const file = await bundleFile(store, model, request.params.name);
      return sendFile(request, reply, store, modelFileKey(model.id, file.name), file);
    },
  );
};
