// /v1/jobs: submit, look, act, make once more.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import Type from '../../contract/typebox.js';
import { JobEstimate } from '../../contract/estimate.js';
import { Job, JOB_TYPES, JobSummary } from '../../contract/job.js';
import { JobSchema } from '../../contract/job-schema.js';
import { AnyJobRequest } from '../../contract/any-job-request.js';
import { isTerminal, JOB_STATES } from '../../contract/job-states.js';
import { modelAddress } from '../../contract/model-address.js';
import { closed, listOf, named, oneOf } from '../../contract/schema.js';
import { cancelJob, deleteJob, pauseJob, resumeJob, stopJob, type ControlRooms } from '../../jobs/control.js';
import { jobSchema } from '../../jobs/job-schema.js';
import { estimateJob } from '../../jobs/estimate.js';
import { getStoredJob, jobView, listJobIds, type StoredJob } from '../../jobs/query.js';
import { JobRows } from '../../jobs/rows.js';
import { reproductionOf } from '../../jobs/reproduction.js';
import { reproduceJob, retryJob, submitJob } from '../../jobs/submit.js';
import { SharedReads } from '../../store/shared-reads.js';
import { tellBeforeRemoval } from '../../webhooks/announce.js';
import { hasMetadata, linkNext, MetadataFilter, page, pageQuery } from '../listing.js';
import { MOST_WAIT_SECONDS, whenNew } from '../prefer-wait.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';
import { originOf } from '../trace-requests.js';

const Id = closed({ id: Type.String() });
/** How soon it is worth asking again about a job that has not ended. */
const POLL_AFTER_SECONDS = 1;

export const jobRoutes = (rooms: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const { store, queue, events } = rooms;
  const rows = new JobRows(store);
  const looks = new SharedReads<Job>();
  // Dashboards look at the same job at the same time.
  const view = (id: string): Promise<Job> => looks.read(id, async () => viewOf(await getStoredJob(store, id)));
  const viewOf = async (stored: StoredJob): Promise<Job> => {
    const reproduction = await reproductionOf(store, stored);
    return { ...(await jobView(queue, stored)), ...(reproduction !== undefined && { reproduction }) };
  };
  const created = async (reply: FastifyReply, stored: StoredJob) => reply.code(201).header('location', `/v1/jobs/${stored.job.id}`).send(await viewOf(stored));

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
      return created(reply, await submitJob(rooms, request.body, request.idempotency?.ids, originOf(request)));
    },
  );

  app.get(
    '/v1/jobs',
    {
      schema: {
        operationId: 'listJobs',
        summary: 'Jobs, newest first',
        tags: ['jobs'],
        querystring: pageQuery('job', {
          status: Type.Optional(oneOf(JOB_STATES)),
          type: Type.Optional(oneOf(JOB_TYPES)),
          metadata: MetadataFilter,
        }),
        response: { 200: listOf(named(JobSummary)), ...problems(422) },
      },
    },
    async (request, reply) => {
      const { type, metadata, ...query } = request.query;
      const list = await page(await listJobIds(store), query, async (id) => {
        const row = await rows.find(id);
        const fits = row && (!type || row.type === type) && hasMetadata(row.metadata, metadata);
        return fits ? row : undefined;
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
          base_model: Type.Optional(modelAddress(', or its name in the catalogue. @default the newest one that a data set fits')),
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
        description:
          `With "Prefer: wait=N" the answer comes once the job has ended, or, with If-None-Match too, once anything of it is new; after N seconds, ${MOST_WAIT_SECONDS} at most, in any case.`,
        tags: ['jobs'],
        params: Id,
        response: { 200: named(Job), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const job = await whenNew(request, reply, {
        look: () => view(id),
        hasEnded: ({ status }) => isTerminal(status),
        changed: (signal) => events.changed(id, signal),
      });
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
      await tellBeforeRemoval(rooms, request.params.id);
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
      return created(reply, await retryJob(rooms, request.params.id, request.idempotency?.ids, originOf(request)));
    },
  );

  app.post(
    '/v1/jobs/:id/reproduce',
    {
      schema: {
        operationId: 'reproduceJob',
        summary: 'Make a job that succeeded once more, to see whether it comes to the same bytes',
        description: 'A new job with the very spec; `reproduce_of` names the first. Once it has succeeded, its `reproduction` says whether the bytes agree, or what the two had that was another: engine, Node.js, threads, processor.',
        tags: ['jobs'],
        params: Id,
        response: { 201: named(Job), ...problems(404, 409, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      return created(reply, await reproduceJob(rooms, request.params.id, request.idempotency?.ids, originOf(request)));
    },
  );
};
