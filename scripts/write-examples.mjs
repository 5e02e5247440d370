// Writes docs/api-examples.json: an example of every operation, as a real service answered it. Made anew when an answer changes its shape.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startForDemo } from './demo/service.mjs';

const POLL_MS = 50;
const MODEL_URL = 'https://models.example.com/mobilenet.zip';
/** What nobody else should see, or is of this machine alone, and what stands in its place. @type {[pattern: RegExp, instead: string][]} */
const REPLACED = [
  [/http:\/\/127\.0\.0\.1:\d+/g, 'https://hooks.example.com'],
  [new RegExp(`${hostname()}-\\d+`, 'g'), 'host-1'],
  [/whsec_[A-Za-z0-9+/=]+/g, `whsec_${Buffer.from('an example, and no secret').toString('base64')}`],
];
const paths = JSON.parse(await readFile(new URL('../openapi/openapi.json', import.meta.url), 'utf8')).paths;

const receiver = createServer((_request, response) => void response.writeHead(204).end()).listen(0, '127.0.0.1');
const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-examples-'));
const service = await startForDemo(dataFolder, { ALLOW_PRIVATE_ADDRESSES: '1', CHECKPOINT_SECONDS: '0.1' });
/** @type {Record<string, { params?: object, request?: unknown, response?: unknown }>} */
const examples = {};
try {
  await makeJourney();
} finally {
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
  receiver.close();
}
const text = REPLACED.reduce((made, [pattern, instead]) => made.replaceAll(pattern, instead), JSON.stringify(examples, null, 1));
await writeFile(new URL('../docs/api-examples.json', import.meta.url), `${text}\n`);

/** Everything a caller does, in the order in which it makes sense. */
async function makeJourney() {
  await record('getHealth', 'GET', '/healthz');
  await record('getReadiness', 'GET', '/readyz');
  const digits = await record('createDataset', 'POST', '/v1/datasets', { name: 'digits', generate: { name: 'glyph_digits', examples: 500, seed: 1 } });
  await until(`/v1/datasets/${digits.id}`, ({ status }) => status === 'ready');
  const letters = await ask('POST', '/v1/datasets', { name: 'letters', generate: { name: 'glyph_letters', examples: 300, seed: 1 } });
  await until(`/v1/datasets/${letters.id}`, ({ status }) => status === 'ready');
  await record('getDataset', 'GET', `/v1/datasets/${letters.id}`);
  await record('listDatasets', 'GET', '/v1/datasets?limit=1');
  await record('getDatasetReport', 'GET', `/v1/datasets/${letters.id}/report`);
  await named('getDatasetPreview', `/v1/datasets/${letters.id}/preview`);
  await record('getDatasetExample', 'GET', `/v1/datasets/${letters.id}/examples/0`);

  const upload = await fetch(`${service.url}/v1/uploads`, { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '12' } });
  const uploadPath = new URL(upload.headers.get('location') ?? '', service.url).pathname;
  for (const operation of ['getUploadOffset-head', 'continueUpload', 'deleteUpload']) await named(operation, uploadPath);

  const pretrain = { type: 'pretrain', name: 'digits', dataset: digits.id, model: { architecture: 'mlp', hidden: [16] }, training: { epochs: 2, batch_size: 32, seed: 1 }, metadata: { team: 'a' } };
  const pretrained = await record('createJob', 'POST', '/v1/jobs', pretrain);
  const base = await until(`/v1/jobs/${pretrained.id}`, ({ status }) => status === 'succeeded');
  await named('getJobSchema', '/v1/jobs/schema?type=pretrain');
  const tuned = await ask('POST', '/v1/jobs', {
    type: 'fine_tune', name: 'letters', dataset: letters.id, base_model: base.model, transfer: { kind: 'parameter', preset: 'lp_ft' }, training: { epochs: 2, seed: 1 }, baseline: { scratch: true },
  });
  await until(`/v1/jobs/${tuned.id}`, ({ status }) => status === 'succeeded');
  await record('getJob', 'GET', `/v1/jobs/${tuned.id}`);
  await record('reproduceJob', 'POST', `/v1/jobs/${tuned.id}/reproduce`);
  await record('listJobs', 'GET', '/v1/jobs?limit=1&status=succeeded');
  await record('listJobEvents', 'GET', `/v1/jobs/${tuned.id}/events`);
  await record('getJobMetrics', 'GET', `/v1/jobs/${tuned.id}/metrics?name=loss,accuracy&run=main&points=10`);
  await record('listJobLogs', 'GET', `/v1/jobs/${tuned.id}/logs?level=info`);
  await record('getJobReport', 'GET', `/v1/jobs/${tuned.id}/report`);
  await record('listJobPredictions', 'GET', `/v1/jobs/${tuned.id}/predictions?sort=loss&limit=2`);
  await record('listJobArtifacts', 'GET', `/v1/jobs/${tuned.id}/artifacts`);
  await named('getJobArtifact', `/v1/jobs/${tuned.id}/artifacts/model.json`);

  const long = await ask('POST', '/v1/jobs', { ...pretrain, name: 'a long one', training: { epochs: 10_000, batch_size: 32, seed: 1 } });
  const longPath = `/v1/jobs/${long.id}`;
  await until(longPath, ({ progress }) => progress !== null);
  await record('pauseJob', 'POST', `${longPath}/pause`);
  await until(longPath, ({ status }) => status === 'paused');
  await record('listJobCheckpoints', 'GET', `${longPath}/checkpoints`);
  await record('resumeJob', 'POST', `${longPath}/resume`);
  await until(longPath, ({ status }) => status === 'running');
  await record('cancelJob', 'POST', `${longPath}/cancel`);
  await until(longPath, ({ status }) => status === 'cancelled');
  const again = await record('retryJob', 'POST', `${longPath}/retry`);
  await until(`/v1/jobs/${again.id}`, ({ progress }) => progress !== null);
  await record('stopJob', 'POST', `/v1/jobs/${again.id}/stop`);
  await until(`/v1/jobs/${again.id}`, ({ status }) => status === 'succeeded');
  await named('deleteJob', longPath);

  const modelPath = `/v1/models/${base.model}`;
  await record('getModel', 'GET', modelPath);
  await record('changeModel', 'PATCH', modelPath, { aliases: ['production'], notes: 'Good on thin strokes.', metadata: { team: 'a' } });
  await record('listModelVersions', 'GET', '/v1/models/versions?name=digits&limit=2');
  await record('getModelLineage', 'GET', `${modelPath}/lineage`);
  await record('listModels', 'GET', '/v1/models?limit=1');
  await record('listCatalogue', 'GET', '/v1/models/catalogue');
  await record('importModel', 'POST', '/v1/models/imports', { name: 'mobilenet', url: MODEL_URL });
  await named('getModelFile', `${modelPath}/files/model.json`);
  await named('deleteModel', modelPath);
  // A picture without ink, which is short to read.
  const instances = [Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => 0))];
  await record('predict', 'POST', `${modelPath}/predict`, { instances, top_k: 2 });
  await record('predictByJob', 'POST', `/v1/jobs/${pretrained.id}/predict`, { instances, top_k: 2 });
  await record('predictAsServing', 'POST', '/v1/models/digits:predict', { instances });

  const address = /** @type {import('node:net').AddressInfo} */ (receiver.address());
  const webhook = await record('createWebhook', 'POST', '/v1/webhooks', { url: `http://127.0.0.1:${address.port}/rootstock`, events: ['job.succeeded', 'job.failed'] });
  const webhookPath = `/v1/webhooks/${webhook.id}`;
  await record('getWebhook', 'GET', webhookPath);
  await record('listWebhooks', 'GET', '/v1/webhooks');
  await record('changeWebhook', 'PATCH', webhookPath, { events: ['*'] });
  await record('testWebhook', 'POST', `${webhookPath}/test`);
  const { data: [delivery] } = await until(`${webhookPath}/deliveries`, ({ data }) => data[0]?.status === 'delivered');
  await record('listWebhookDeliveries', 'GET', `${webhookPath}/deliveries`);
  await record('replayWebhookDelivery', 'POST', `${webhookPath}/deliveries/${delivery.id}/replay`);
  await record('rotateWebhookSecret', 'POST', `${webhookPath}/rotate`, {});
  await named('deleteWebhook', webhookPath);
  await named('deleteDataset', `/v1/datasets/${letters.id}`);
  await record('getSystem', 'GET', '/v1/system');
}

/** @param {string} operation @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function record(operation, method, path, body) {
  const response = await ask(method, path, body);
  await named(operation, path);
  Object.assign(examples[operation] ?? {}, { ...(body && { request: body }), response });
  return response;
}

/** The path alone, for what has no body, or one of bytes. @param {string} operation @param {string} path */
async function named(operation, path) {
  const { pathname, searchParams } = new URL(path, service.url);
  const template = Object.keys(paths).find((each) => Object.values(paths[each]).some((/** @type {any} */ { operationId }) => operationId === operation));
  if (!template) throw new Error(`there is no operation ${operation}`);
  const found = new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(pathname);
  if (!found) throw new Error(`${pathname} is not of ${template}`);
  const params = { ...found.groups, ...Object.fromEntries(searchParams) };
  examples[operation] = Object.keys(params).length > 0 ? { params } : {};
}

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(method, path, body) {
  const answer = await fetch(service.url + path, { method, ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
  const response = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${response.detail}`);
  return response;
}

/** @param {string} path @param {(found: any) => boolean} isWanted @returns {Promise<any>} */
async function until(path, isWanted) {
  for (;;) {
    const found = await ask('GET', path);
    if (isWanted(found)) return found;
    if (found.error) throw new Error(`${path}: ${found.error.message}`);
    await delay(POLL_MS);
  }
}
