// Every answer holds to what the service's own OpenAPI document declares for it.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { ServiceError } from '#contract/errors.js';
import { JOB_STATE } from '#jobs/records.js';
import { moved, QUEUED } from '#jobs/state.js';
import { KNOWN_BASE_MODELS } from '#models/catalogue/known.js';
import { catalogueOf } from '#models/catalogue/load.js';
import { writeRecord } from '#store/records.js';
import { TestApp } from '../support/app.js';
import { diverging, fineTune, multipart, postJson, pretrain, send, sendModel, upload, type Answer } from '../support/requests.js';
import { fourFiles, type NamedBytes } from '../support/idx.js';
import { json } from '../support/model-files.js';
import { file } from '../support/tables.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

const NO_SUCH = '0'.repeat(32);
/** A picture of which nothing is seen. */
const BLANK = Array.from({ length: 28 }, () => Array<number>(28).fill(0));
type Document = { paths: Record<string, Record<string, { operationId: string; responses: Record<string, { content?: Record<string, { schema?: unknown }> }> }>> };
/** What is asked, the method and path of the operation, and the asking. */
type Row = [string, string, string, () => Promise<Answer>];

let app: TestApp;
let document: Document;
let ajv: Ajv2020;
const ids: Record<string, string> = {};
const answered = new Set<string>();

beforeAll(async () => {
  app = await TestApp.open({ catalogue: catalogueOf(KNOWN_BASE_MODELS) });
  document = (await app.get('/openapi.json')).json<Document>();
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  formats.default(ajv).addSchema(document, 'openapi');

  const [digits, letters] = [await app.generated('glyph_digits'), await app.generated('glyph_letters')];
  const model = await app.model(digits.id, { name: 'first', metadata: { team: 'a' } });
  const tuned = await app.submit(fineTune(letters.id, model.id, { kind: 'feature', cut: 'penultimate', head: [{ class_name: 'Dense', config: { units: 8 } }] }, { baseline: { scratch: true } }));
  await app.attempt(tuned.id);
  const compared = await app.submit({
    type: 'compare', dataset: letters.id, base_model: model.id, seeds: 1,
    candidates: [{ name: 'probe', transfer: { kind: 'parameter', preset: 'linear_probe' } }, { name: 'fresh', model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1 } }],
  });
  await app.attempt(compared.id);
  const evaluated = await app.submit({ type: 'evaluate', model: model.id, against: { job: model.job.id }, dataset: digits.id, slices: ['class'], resamples: 200 });
  await app.attempt(evaluated.id);
  const explained = await app.submit({ type: 'explain', model: model.id, dataset: digits.id, worst: 2 });
  await app.attempt(explained.id);
  const exported = await app.submit({ type: 'export', model: model.id, format: 'tfjs_layers', quantize: { dtype: 'uint8' }, dataset: digits.id });
  await app.attempt(exported.id);
  const failed = await app.submit(diverging(digits.id));
  expect(await app.attempt(failed.id)).toMatchObject({ status: 'failed', error: { code: 'NAN_LOSS' } });
  const cancelled = await app.submit(pretrain(digits.id));
  await app.post(`/v1/jobs/${cancelled.id}/cancel`, {});
  const queued = await app.submit(fineTune(letters.id, model.id, { kind: 'structure', edits: [{ resize: 'dense_1', units: 8 }], stages: [{ trainable: 'head' }] }));
  const invalid = await app.uploaded(fourFiles([0, 0], [0, 0]));
  const prices = await app.uploaded(file(`size,price\n${Array.from({ length: 20 }, (_, at) => `${at},${at / 8}`).join('\n')}\n7\n`));
  expect(prices).toMatchObject({ status: 'ready', content: { task: 'regression' } });
  const valued = await app.submit(pretrain(prices.id));
  await app.attempt(valued.id);
  const importing = (await sendModel(app.url, EMPTY_MODEL)).json<{ id: string }>();
  const unusable = await app.imported(EMPTY_MODEL);
  expect(unusable).toMatchObject({ status: 'invalid', error: { code: 'MODEL_CORRUPT' } });
  const waiting = (await app.post('/v1/datasets', { generate: { name: 'glyph_letters' } })).json<{ id: string }>();
  Object.assign(ids, {
    digits: digits.id, prices: prices.id, invalid: invalid.id, waiting: waiting.id, model: model.id, importing: importing.id, unusable: unusable.id,
    succeeded: model.job.id, tuned: tuned.id, valued: valued.id, compared: compared.id, evaluated: evaluated.id, explained: explained.id, exported: exported.id, failed: failed.id, cancelled: cancelled.id, queued: queued.id,
  });
}, 240_000);

/** Checks status, media type and body of an answer to an operation, given by its path in the document. */
function expectDeclared(method: string, template: string, answer: Answer): void {
  const operation = document.paths[template]?.[method.toLowerCase()];
  expect({ method, template, declared: operation !== undefined }).toEqual({ method, template, declared: true });
  const declared = operation!.responses[answer.status];
  expect({ method, template, status: answer.status, declared: declared !== undefined }).toEqual({ method, template, status: answer.status, declared: true });
  answered.add(`${operation!.operationId} ${answer.status}`);
  if (answer.bytes.length === 0) return;
  const said = answer.headers['content-type']!.split(';')[0]!;
  const types = Object.keys(declared!.content ?? {});
  const type = types.includes(said) ? said : types[0]!;
  const pointer = ['paths', template, method.toLowerCase(), 'responses', String(answer.status), 'content', type, 'schema']
    .map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')));
  // Bytes have no schema.
  if (declared!.content?.[type]?.schema === undefined) return;
  const check = ajv.getSchema(`openapi#/${pointer.join('/')}`)!;
  void check(/json$/.test(said) && !/ndjson/.test(said) ? answer.json() : answer.text);
  expect({ method, template, status: answer.status, errors: check.errors ?? [] }).toEqual({ method, template, status: answer.status, errors: [] });
}

/** A model of which nothing can be read but that it is one. */
const EMPTY_MODEL: readonly NamedBytes[] = [json('model.json', { modelTopology: {}, weightsManifest: [] })];

/** What is asked under a key that an upload holds, which is never received to its end. */
async function underOneKey(ask: (key: Record<string, string>) => Promise<Answer>, path = '/v1/datasets', files: readonly NamedBytes[] = fourFiles([0, 1], [0, 1])): Promise<Answer> {
  const { headers, body } = multipart(files);
  const { hostname, port } = new URL(app.url);
  const key = `slow ${path}`.replaceAll(/[^a-z]/g, '-');
  const slow = httpRequest({ hostname, port, path, method: 'POST', headers: { ...headers, 'idempotency-key': key, 'content-length': String(body.length) } });
  slow.on('error', () => undefined);
  slow.write(body.subarray(0, body.length - 20));
  await until('it is being received', async () => (await app.rooms.store.listStaged()).length > 0);
  const answer = await ask({ 'idempotency-key': key });
  slow.destroy();
  await until('it has left nothing', async () => (await app.rooms.store.listStaged()).length === 0);
  return answer;
}

function importUnder(key: Record<string, string>): Promise<Answer> {
  const { headers, body } = multipart(EMPTY_MODEL);
  return send(app.url, '/v1/models/imports', { method: 'POST', headers: { ...headers, ...key }, body });
}

const UPLOADED = 'abc';
const tus = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> =>
  send(app.url, path, { method, headers: { 'tus-resumable': '1.0.0', ...headers }, ...(body !== undefined && { body }) });
const piece = (path: string, offset: string, body = UPLOADED): Promise<Answer> =>
  tus('PATCH', path, { 'content-type': 'application/offset+octet-stream', 'upload-offset': offset }, body);
/** The same of an upload of which nothing has come. */
const ofUpload = (ask: (path: string) => Promise<Answer>) => async (): Promise<Answer> =>
  ask((await tus('POST', '/v1/uploads', { 'upload-length': String(UPLOADED.length) })).headers.location!);
const noUpload = `/v1/uploads/upl_${NO_SUCH}`;

const HOOK = { url: 'https://example.com/', events: ['*'] };
/** Of each operation on webhooks all that is declared. */
function hooks(): Row[] {
  const all = '/v1/webhooks';
  const one = `${all}/{id}`;
  const noHook = `${all}/whk_${NO_SUCH}`;
  const types = { 'content-type': 'application/json' };
  /** The same of one that is there. */
  const ofHook = (ask: (path: string) => Promise<Answer>) => async () => ask(`${all}/${(await app.post(all, HOOK)).json<{ id: string }>().id}`);
  const off = async (path: string): Promise<string> => {
    await send(app.url, path, { method: 'PATCH', headers: types, body: '{"enabled":false}' });
    return path;
  };
  const tested = async (path: string): Promise<string> => `${path}/deliveries/${(await app.post(`${path}/test`, {})).json<{ id: string }>().id}`;
  const bodies = (method: string, path: string): [string, () => Promise<Answer>][] => [
    ['that cannot be read', () => send(app.url, path, { method, headers: types, body: '{' })],
    ['of another type', () => send(app.url, path, { method, headers: { 'content-type': 'a/b' }, body: 'a' })],
    ['too large', () => send(app.url, path, { method, headers: types, body: JSON.stringify({ name: 'x'.repeat(2 ** 20) }) })],
  ];
  const rows: Row[] = [
    ['a webhook', 'POST', all, () => app.post(all, HOOK)],
    ['a webhook refused', 'POST', all, () => app.post(all, { ...HOOK, url: 'ftp://example.com' })],
    ['a webhook under the key of a data set', 'POST', all, () => postJson(app.url, all, HOOK, { 'idempotency-key': 'a' })],
    ['a webhook under a key while a data set is received', 'POST', all, () => underOneKey((key) => postJson(app.url, all, HOOK, key))],
    ['webhooks', 'GET', all, () => app.get(all)],
    ['no list of webhooks', 'GET', all, () => app.get(`${all}?limit=0`)],
    ['one webhook', 'GET', one, ofHook((path) => app.get(path))],
    ['no webhook', 'GET', one, () => app.get(noHook)],
    ['webhooks known already', 'GET', all, () => app.get(all, { 'if-none-match': '*' })],
    ['one webhook known already', 'GET', one, ofHook((path) => app.get(path, { 'if-none-match': '*' }))],
    ['deliveries known already', 'GET', `${one}/deliveries`, ofHook((path) => app.get(`${path}/deliveries`, { 'if-none-match': '*' }))],
    ['a webhook changed', 'PATCH', one, ofHook((path) => send(app.url, path, { method: 'PATCH', headers: types, body: '{"name":null}' }))],
    ['a webhook not changed', 'PATCH', one, ofHook((path) => send(app.url, path, { method: 'PATCH', headers: types, body: '{}' }))],
    ['no webhook changed', 'PATCH', one, () => send(app.url, noHook, { method: 'PATCH', headers: types, body: '{"name":null}' })],
    ...bodies('PATCH', noHook).map(([what, ask]): Row => [`a change ${what}`, 'PATCH', one, ask]),
    ['a webhook removed', 'DELETE', one, ofHook((path) => app.delete(path))],
    ['no webhook removed', 'DELETE', one, () => app.delete(noHook)],
    ['another secret', 'POST', `${one}/rotate`, ofHook((path) => app.post(`${path}/rotate`, {}))],
    ['no secret of no webhook', 'POST', `${one}/rotate`, () => app.post(`${noHook}/rotate`, {})],
    ['a secret refused', 'POST', `${one}/rotate`, ofHook((path) => app.post(`${path}/rotate`, { secret: 'a' }))],
    ...bodies('POST', `${noHook}/rotate`).map(([what, ask]): Row => [`a secret ${what}`, 'POST', `${one}/rotate`, ask]),
    ...bodies('POST', all).map(([what, ask]): Row => [`a webhook ${what}`, 'POST', all, ask]),
    ['a test', 'POST', `${one}/test`, ofHook((path) => app.post(`${path}/test`, {}))],
    ['deliveries', 'GET', `${one}/deliveries`, ofHook(async (path) => (await tested(path), app.get(`${path}/deliveries`)))],
    ['no deliveries', 'GET', `${one}/deliveries`, () => app.get(`${noHook}/deliveries`)],
    ['no list of deliveries', 'GET', `${one}/deliveries`, ofHook((path) => app.get(`${path}/deliveries?status=x`))],
    ['a replay', 'POST', `${one}/deliveries/{delivery}/replay`, ofHook(async (path) => app.post(`${await tested(path)}/replay`, {}))],
  ];
  for (const [what, end, template] of [['secret', '/rotate', `${one}/rotate`], ['test', '/test', `${one}/test`], ['replay', `/deliveries/dlv_${NO_SUCH}/replay`, `${one}/deliveries/{delivery}/replay`]] as const) {
    rows.push(
      [`no ${what} of no webhook`, 'POST', template, () => app.post(noHook + end, {})],
      [`a ${what} under a key that is none`, 'POST', template, () => postJson(app.url, noHook + end, {}, { 'idempotency-key': 'a b' })],
      [`a ${what} under the key of a data set`, 'POST', template, () => postJson(app.url, noHook + end, {}, { 'idempotency-key': 'a' })],
    );
    if (what === 'secret') rows.push([`a ${what} under a key while a data set is received`, 'POST', template, () => underOneKey((key) => postJson(app.url, noHook + end, {}, key))]);
  }
  rows.push(
    ['no test of a webhook that is off', 'POST', `${one}/test`, ofHook(async (path) => app.post(`${await off(path)}/test`, {}))],
    ['no replay of a webhook that is off', 'POST', `${one}/deliveries/{delivery}/replay`, ofHook(async (path) => {
      const delivery = await tested(path);
      await off(path);
      return app.post(`${delivery}/replay`, {});
    })],
  );
  return rows;
}

describe('an answer is as declared', () => {
  const JSON_BODY = { 'content-type': 'application/json' };
  const ROWS = { accept: 'application/x-ndjson' };
  it.each<[string, () => string]>([
    ['/v1/datasets', () => '/v1/datasets'],
    ['/v1/datasets/{id}', () => `/v1/datasets/${ids.digits}`],
    ['/v1/jobs', () => '/v1/jobs'],
    ['/v1/jobs/schema', () => '/v1/jobs/schema?type=pretrain'],
    ['/v1/jobs/{id}', () => `/v1/jobs/${ids.tuned}`],
    ['/v1/jobs/{id}/events', () => `/v1/jobs/${ids.tuned}/events`],
    ['/v1/jobs/{id}/checkpoints', () => `/v1/jobs/${ids.tuned}/checkpoints`],
    ['/v1/jobs/{id}/metrics', () => `/v1/jobs/${ids.tuned}/metrics`],
    ['/v1/jobs/{id}/logs', () => `/v1/jobs/${ids.tuned}/logs`],
    ['/v1/jobs/{id}/predictions', () => `/v1/jobs/${ids.tuned}/predictions`],
    ['/v1/jobs/{id}/artifacts', () => `/v1/jobs/${ids.tuned}/artifacts`],
    ['/v1/models', () => '/v1/models'],
    ['/v1/models/catalogue', () => '/v1/models/catalogue'],
    ['/v1/models/versions', () => '/v1/models/versions?name=first'],
    ['/v1/models/{id}', () => `/v1/models/${ids.model}`],
    ['/v1/models/{id}/lineage', () => `/v1/models/${ids.model}/lineage`],
    ['/v1/system', () => '/v1/system'],
    ['/metrics', () => '/metrics'],
    ['/healthz', () => '/healthz'],
    ['/readyz', () => '/readyz'],
    ['/openapi.json', () => '/openapi.json'],
    ['/errors.md', () => '/errors.md'],
  ])('what is known already (GET %s)', async (template, path) => {
    expectDeclared('GET', template, await app.get(path(), { 'if-none-match': '*' }));
  });

  it.each<Row>([
    ['a generated data set', 'POST', '/v1/datasets', () => app.post('/v1/datasets', { generate: { name: 'glyph_digits' } })],
    ['an uploaded one', 'POST', '/v1/datasets', () => upload(app.url, fourFiles([0, 1], [0, 1]), [['class_names', '["a","b"]']])],
    ['one refused', 'POST', '/v1/datasets', () => upload(app.url, [])],
    ['one that cannot be read', 'POST', '/v1/datasets', () => send(app.url, '/v1/datasets', { method: 'POST', headers: JSON_BODY, body: '{' })],
    ['one of another type', 'POST', '/v1/datasets', () => send(app.url, '/v1/datasets', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' })],
    ['one too large', 'POST', '/v1/datasets', () => postJson(app.url, '/v1/datasets', { name: 'x'.repeat(2 ** 20) })],
    ['what is understood of tus', 'OPTIONS', '/v1/uploads', () => tus('OPTIONS', '/v1/uploads')],
    ['an upload', 'POST', '/v1/uploads', () => tus('POST', '/v1/uploads', { 'upload-length': '3' })],
    ['an upload of another protocol', 'POST', '/v1/uploads', () => tus('POST', '/v1/uploads', { 'tus-resumable': '2.0.0' })],
    ['an upload of no length', 'POST', '/v1/uploads', () => tus('POST', '/v1/uploads')],
    ['an upload too large', 'POST', '/v1/uploads', () => tus('POST', '/v1/uploads', { 'upload-length': String(2 ** 40) })],
    ['an upload of another type', 'POST', '/v1/uploads', () => tus('POST', '/v1/uploads', { 'content-type': 'text/plain' }, 'a')],
    ['an upload of no digest', 'POST', '/v1/uploads', () => tus('POST', '/v1/uploads', { 'upload-length': '3', 'upload-metadata': 'sha256 eA==' })],
    ['an upload under a key that is taken', 'POST', '/v1/uploads', () => underOneKey((key) => tus('POST', '/v1/uploads', { 'upload-length': '3', ...key }))],
    ['how far an upload is', 'HEAD', '/v1/uploads/{id}', ofUpload((path) => tus('HEAD', path))],
    ['how far no upload is', 'HEAD', '/v1/uploads/{id}', () => tus('HEAD', noUpload)],
    ['how far an upload of another protocol is', 'HEAD', '/v1/uploads/{id}', () => send(app.url, noUpload, { method: 'HEAD' })],
    ['bytes', 'PATCH', '/v1/uploads/{id}', ofUpload((path) => piece(path, '0'))],
    ['bytes from elsewhere', 'PATCH', '/v1/uploads/{id}', ofUpload((path) => piece(path, '1'))],
    ['bytes from nowhere', 'PATCH', '/v1/uploads/{id}', ofUpload((path) => piece(path, 'x'))],
    ['too many bytes', 'PATCH', '/v1/uploads/{id}', ofUpload((path) => piece(path, '0', 'abcd'))],
    ['bytes of another type', 'PATCH', '/v1/uploads/{id}', ofUpload((path) => tus('PATCH', path, { 'content-type': 'a/b' }, 'abc'))],
    ['bytes of another protocol', 'PATCH', '/v1/uploads/{id}', () => send(app.url, noUpload, { method: 'PATCH' })],
    ['bytes of no upload', 'PATCH', '/v1/uploads/{id}', () => piece(noUpload, '0')],
    ['an upload removed', 'DELETE', '/v1/uploads/{id}', ofUpload((path) => tus('DELETE', path))],
    ['no upload removed', 'DELETE', '/v1/uploads/{id}', () => tus('DELETE', noUpload)],
    ['an upload not removed by another protocol', 'DELETE', '/v1/uploads/{id}', () => app.delete(noUpload)],
    ['a list of data sets of all states', 'GET', '/v1/datasets', () => app.get('/v1/datasets')],
    ['no list of data sets', 'GET', '/v1/datasets', () => app.get('/v1/datasets?limit=0')],
    ['a ready data set', 'GET', '/v1/datasets/{id}', () => app.get(`/v1/datasets/${ids.digits}`)],
    ['an invalid data set', 'GET', '/v1/datasets/{id}', () => app.get(`/v1/datasets/${ids.invalid}`)],
    ['a data set that waits', 'GET', '/v1/datasets/{id}', () => app.get(`/v1/datasets/${ids.waiting}`)],
    ['no data set', 'GET', '/v1/datasets/{id}', () => app.get(`/v1/datasets/ds_${NO_SUCH}`)],
    ['a report', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.digits}/report`)],
    ['a report of values', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.prices}/report`)],
    ['a report of what is invalid', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.invalid}/report`)],
    ['rows left out', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.prices}/report`, ROWS)],
    ['some rows left out', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.prices}/report`, { ...ROWS, range: 'bytes=0-1' })],
    ['rows known already', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.prices}/report`, { ...ROWS, 'if-none-match': '*' })],
    ['no rows left out there', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.prices}/report`, { ...ROWS, range: 'bytes=99999-' })],
    ['no report', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/ds_${NO_SUCH}/report`)],
    ['no report yet', 'GET', '/v1/datasets/{id}/report', () => app.get(`/v1/datasets/${ids.waiting}/report`)],
    ['a preview', 'GET', '/v1/datasets/{id}/preview', () => app.get(`/v1/datasets/${ids.digits}/preview`)],
    ['part of a preview', 'GET', '/v1/datasets/{id}/preview', () => app.get(`/v1/datasets/${ids.digits}/preview`, { range: 'bytes=-9' })],
    ['a preview known already', 'GET', '/v1/datasets/{id}/preview', () => app.get(`/v1/datasets/${ids.digits}/preview`, { 'if-none-match': '*' })],
    ['no part of a preview', 'GET', '/v1/datasets/{id}/preview', () => app.get(`/v1/datasets/${ids.digits}/preview`, { range: 'bytes=99999999-' })],
    ['no preview of vectors', 'GET', '/v1/datasets/{id}/preview', () => app.get(`/v1/datasets/${ids.prices}/preview`)],
    ['no preview of what is invalid', 'GET', '/v1/datasets/{id}/preview', () => app.get(`/v1/datasets/${ids.invalid}/preview`)],
    ['an example', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.digits}/examples/3?part=test`)],
    ['an example of values', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.prices}/examples/0`)],
    ['an example as a picture', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.digits}/examples/3`, { accept: 'image/png' })],
    ['an example known already', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.digits}/examples/3`, { 'if-none-match': '*' })],
    ['no example', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.digits}/examples/240`)],
    ['no example yet', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.waiting}/examples/0`)],
    ['an example before the first', 'GET', '/v1/datasets/{id}/examples/{index}', () => app.get(`/v1/datasets/${ids.digits}/examples/-1`)],
    ['a data set removed', 'DELETE', '/v1/datasets/{id}', () => app.delete(`/v1/datasets/${ids.waiting}`)],
    ['a data set not removed', 'DELETE', '/v1/datasets/{id}', () => app.delete(`/v1/datasets/ds_${NO_SUCH}`)],
    ['a data set in use', 'DELETE', '/v1/datasets/{id}', async () => {
      const job = await app.submit(pretrain(ids.digits!));
      const answer = await app.delete(`/v1/datasets/${ids.digits}`);
      await app.post(`/v1/jobs/${job.id}/cancel`, {});
      return answer;
    }],
    ['a job', 'POST', '/v1/jobs', () => app.post('/v1/jobs', pretrain(ids.digits!, { metadata: { a: 'b' } }))],
    ['what a job would take', 'POST', '/v1/jobs', () => app.post('/v1/jobs?dry_run=true', pretrain(ids.digits!))],
    ['a data set under a key', 'POST', '/v1/datasets', () => postJson(app.url, '/v1/datasets', { generate: { name: 'glyph_digits' } }, { 'idempotency-key': 'a' })],
    ['a data set under a key while the first is received', 'POST', '/v1/datasets', () => underOneKey((key) => postJson(app.url, '/v1/datasets', { generate: { name: 'glyph_digits' } }, key))],
    ['a job refused', 'POST', '/v1/jobs', () => app.post('/v1/jobs', {})],
    ['a job of a data set that is not ready', 'POST', '/v1/jobs', () => app.post('/v1/jobs', pretrain(ids.invalid!))],
    ['a job that cannot be read', 'POST', '/v1/jobs', () => send(app.url, '/v1/jobs', { method: 'POST', headers: JSON_BODY, body: '' })],
    ['a job of another type', 'POST', '/v1/jobs', () => send(app.url, '/v1/jobs', { method: 'POST', headers: { 'content-type': 'a/b' }, body: 'a' })],
    ['a job too large', 'POST', '/v1/jobs', () => postJson(app.url, '/v1/jobs', { name: 'x'.repeat(2 ** 20) })],
    ['a list of jobs of all states', 'GET', '/v1/jobs', () => app.get('/v1/jobs?limit=100')],
    ['no list of jobs', 'GET', '/v1/jobs', () => app.get('/v1/jobs?status=x')],
    ['what a kind of job takes', 'GET', '/v1/jobs/schema', () => app.get('/v1/jobs/schema?type=fine_tune')],
    ['what no kind of job takes', 'GET', '/v1/jobs/schema', () => app.get('/v1/jobs/schema?type=none')],
    ['a pretraining', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.succeeded}`)],
    ['a fine-tuning with its baseline', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.tuned}`)],
    ['a job that failed', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.failed}`)],
    ['a job that was cancelled', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.cancelled}`)],
    ['a job that waits', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.queued}`)],
    ['no job', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/job_${NO_SUCH}`)],
    ['a job not cancelled any more', 'POST', '/v1/jobs/{id}/cancel', () => app.post(`/v1/jobs/${ids.succeeded}/cancel`, {})],
    ['no job cancelled', 'POST', '/v1/jobs/{id}/cancel', () => app.post(`/v1/jobs/job_${NO_SUCH}/cancel`, {})],
    ['a job cancelled under a key that is none', 'POST', '/v1/jobs/{id}/cancel', () => postJson(app.url, `/v1/jobs/${ids.cancelled}/cancel`, {}, { 'idempotency-key': 'a b' })],
    ['a job cancelled under the key of a data set', 'POST', '/v1/jobs/{id}/cancel', () => postJson(app.url, `/v1/jobs/${ids.cancelled}/cancel`, {}, { 'idempotency-key': 'a' })],
    ['a job paused', 'POST', '/v1/jobs/{id}/pause', () => app.post(`/v1/jobs/${ids.queued}/pause`, {})],
    ['a job that is paused', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.queued}`)],
    ['a job resumed', 'POST', '/v1/jobs/{id}/resume', () => app.post(`/v1/jobs/${ids.queued}/resume`, {})],
    ['a job at work stopped', 'POST', '/v1/jobs/{id}/stop', async () => {
      const { id } = await app.submit(pretrain(ids.digits!));
      await writeRecord(app.rooms.store, JOB_STATE, id, moved(QUEUED, 'running', new Date().toISOString(), null));
      return app.post(`/v1/jobs/${id}/stop`, {});
    }],
    ...['stop', 'pause', 'resume'].flatMap((action): Row[] => {
      const act = (id: string, key?: string) => postJson(app.url, `/v1/jobs/${id}/${action}`, {}, key === undefined ? {} : { 'idempotency-key': key });
      const row = (what: string, ask: () => Promise<Answer>): Row => [`${action}: ${what}`, 'POST', `/v1/jobs/{id}/${action}`, ask];
      return [
        row('a job that succeeded', () => act(ids.succeeded!)),
        row('no job', () => act(`job_${NO_SUCH}`)),
        row('under a key that is none', () => act(ids.queued!, 'a b')),
        row('under the key of a data set', () => act(ids.queued!, 'a')),
      ];
    }),
    ['a comparison', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.compared}`)],
    ['an evaluation', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.evaluated}`)],
    ['an explanation', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.explained}`)],
    ['an export', 'GET', '/v1/jobs/{id}', () => app.get(`/v1/jobs/${ids.exported}`)],
    ['checkpoints', 'GET', '/v1/jobs/{id}/checkpoints', () => app.get(`/v1/jobs/${ids.tuned}/checkpoints`)],
    ['no checkpoints', 'GET', '/v1/jobs/{id}/checkpoints', () => app.get(`/v1/jobs/job_${NO_SUCH}/checkpoints`)],
    ['a job made once more', 'POST', '/v1/jobs/{id}/retry', () => app.post(`/v1/jobs/${ids.failed}/retry`, {})],
    ['a job that succeeded, not made once more', 'POST', '/v1/jobs/{id}/retry', () => app.post(`/v1/jobs/${ids.succeeded}/retry`, {})],
    ['no job made once more', 'POST', '/v1/jobs/{id}/retry', () => app.post(`/v1/jobs/job_${NO_SUCH}/retry`, {})],
    ['a job made once more under a key that is none', 'POST', '/v1/jobs/{id}/retry', () => postJson(app.url, `/v1/jobs/${ids.failed}/retry`, {}, { 'idempotency-key': '' })],
    ['a job made once more under the key of a data set', 'POST', '/v1/jobs/{id}/retry', () => postJson(app.url, `/v1/jobs/${ids.failed}/retry`, {}, { 'idempotency-key': 'a' })],
    ['a job reproduced', 'POST', '/v1/jobs/{id}/reproduce', () => app.post(`/v1/jobs/${ids.succeeded}/reproduce`, {})],
    ['a job that failed, not reproduced', 'POST', '/v1/jobs/{id}/reproduce', () => app.post(`/v1/jobs/${ids.failed}/reproduce`, {})],
    ['no job reproduced', 'POST', '/v1/jobs/{id}/reproduce', () => app.post(`/v1/jobs/job_${NO_SUCH}/reproduce`, {})],
    ['a job reproduced under a key that is none', 'POST', '/v1/jobs/{id}/reproduce', () => postJson(app.url, `/v1/jobs/${ids.succeeded}/reproduce`, {}, { 'idempotency-key': '' })],
    ['a job reproduced under the key of a data set', 'POST', '/v1/jobs/{id}/reproduce', () => postJson(app.url, `/v1/jobs/${ids.succeeded}/reproduce`, {}, { 'idempotency-key': 'a' })],
    ['a job cancelled again', 'POST', '/v1/jobs/{id}/cancel', () => app.post(`/v1/jobs/${ids.cancelled}/cancel`, {})],
    ['a job that cannot be removed', 'DELETE', '/v1/jobs/{id}', () => app.delete(`/v1/jobs/${ids.queued}`)],
    ['events', 'GET', '/v1/jobs/{id}/events', () => app.get(`/v1/jobs/${ids.tuned}/events`)],
    ['events of a failure', 'GET', '/v1/jobs/{id}/events', () => app.get(`/v1/jobs/${ids.failed}/events`)],
    ['no events', 'GET', '/v1/jobs/{id}/events', () => app.get(`/v1/jobs/job_${NO_SUCH}/events`)],
    ['events after nothing', 'GET', '/v1/jobs/{id}/events', () => app.get(`/v1/jobs/${ids.tuned}/events?after=x`)],
    ['events to one who has seen the last', 'GET', '/v1/jobs/{id}/events', async () => {
      const last = (await app.rooms.events.read(ids.tuned!)).at(-1)!.id;
      return app.get(`/v1/jobs/${ids.tuned}/events?after=${last}`, { accept: 'text/event-stream' });
    }],
    ['events as a stream', 'GET', '/v1/jobs/{id}/events', () => app.get(`/v1/jobs/${ids.tuned}/events`, { accept: 'text/event-stream' })],
    ['metrics as a table', 'GET', '/v1/jobs/{id}/metrics', () => app.get(`/v1/jobs/${ids.tuned}/metrics`, { accept: 'text/csv' })],
    ['metrics of no name', 'GET', '/v1/jobs/{id}/metrics', () => app.get(`/v1/jobs/${ids.tuned}/metrics?name=`)],
    ['metrics', 'GET', '/v1/jobs/{id}/metrics', () => app.get(`/v1/jobs/${ids.tuned}/metrics`)],
    ['metrics of a job that waits', 'GET', '/v1/jobs/{id}/metrics', () => app.get(`/v1/jobs/${ids.queued}/metrics`)],
    ['no metrics', 'GET', '/v1/jobs/{id}/metrics', () => app.get(`/v1/jobs/job_${NO_SUCH}/metrics`)],
    ['a report', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.tuned}/report`)],
    ['a report of a comparison', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.compared}/report`)],
    ['the same as a page', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.compared}/report`, { accept: 'text/html' })],
    ['a report of an explanation', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.explained}/report`)],
    ['files of an explanation', 'GET', '/v1/jobs/{id}/artifacts', () => app.get(`/v1/jobs/${ids.explained}/artifacts`)],
    ['a report of an export', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.exported}/report`)],
    ['files of an export', 'GET', '/v1/jobs/{id}/artifacts', () => app.get(`/v1/jobs/${ids.exported}/artifacts`)],
    ['a report of an evaluation', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.evaluated}/report`)],
    ['that as a page', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.evaluated}/report`, { accept: 'text/html' })],
    ['a report as a page', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.tuned}/report`, { accept: 'text/html' })],
    ['part of a report', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.tuned}/report`, { range: 'bytes=0-0' })],
    ['no part of a report', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.tuned}/report`, { range: 'bytes=99999999-' })],
    ['a report known already', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.tuned}/report`, { 'if-none-match': '*' })],
    ['a report not made yet', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.queued}/report`)],
    ['no report', 'GET', '/v1/jobs/{id}/report', () => app.get(`/v1/jobs/${ids.succeeded}/report`)],
    ['artifacts', 'GET', '/v1/jobs/{id}/artifacts', () => app.get(`/v1/jobs/${ids.tuned}/artifacts`)],
    ['no artifacts yet', 'GET', '/v1/jobs/{id}/artifacts', () => app.get(`/v1/jobs/${ids.queued}/artifacts`)],
    ['no artifacts', 'GET', '/v1/jobs/{id}/artifacts', () => app.get(`/v1/jobs/job_${NO_SUCH}/artifacts`)],
    ['an artifact', 'GET', '/v1/jobs/{id}/artifacts/{name}', () => app.get(`/v1/jobs/${ids.tuned}/artifacts/report.json`)],
    ['part of an artifact', 'GET', '/v1/jobs/{id}/artifacts/{name}', () => app.get(`/v1/jobs/${ids.tuned}/artifacts/manifest.json`, { range: 'bytes=0-0' })],
    ['an artifact known already', 'GET', '/v1/jobs/{id}/artifacts/{name}', () => app.get(`/v1/jobs/${ids.tuned}/artifacts/run.json`, { 'if-none-match': '*' })],
    ['no part of an artifact', 'GET', '/v1/jobs/{id}/artifacts/{name}', () => app.get(`/v1/jobs/${ids.tuned}/artifacts/run.json`, { range: 'bytes=99999999-' })],
    ['an artifact not made yet', 'GET', '/v1/jobs/{id}/artifacts/{name}', () => app.get(`/v1/jobs/${ids.failed}/artifacts/run.json`)],
    ['no artifact', 'GET', '/v1/jobs/{id}/artifacts/{name}', () => app.get(`/v1/jobs/${ids.tuned}/artifacts/x`)],
    ['a model that is sent', 'POST', '/v1/models/imports', () => sendModel(app.url, EMPTY_MODEL)],
    ['a model under a key while the first is received', 'POST', '/v1/models/imports', () => underOneKey(importUnder, '/v1/models/imports', EMPTY_MODEL)],
    ['a model refused', 'POST', '/v1/models/imports', () => sendModel(app.url, [])],
    ['a model that is none', 'POST', '/v1/models/imports', () => sendModel(app.url, [{ name: 'a.onnx', bytes: Buffer.alloc(9) }])],
    ['a model whose upload is broken off', 'POST', '/v1/models/imports', () => {
      const { headers, body } = multipart(EMPTY_MODEL);
      return send(app.url, '/v1/models/imports', { method: 'POST', headers, body: body.subarray(0, -20) });
    }],
    ['a model too large', 'POST', '/v1/models/imports', () => sendModel(app.url, [...EMPTY_MODEL, { name: 'weights.bin', bytes: Buffer.alloc(app.rooms.maxUploadBytes + 1) }])],
    ['a model of the catalogue', 'POST', '/v1/models/imports', () => app.post('/v1/models/imports', { catalogue: KNOWN_BASE_MODELS[0]!.id })],
    ['the catalogue', 'GET', '/v1/models/catalogue', () => app.get('/v1/models/catalogue')],
    ['a model that is being read', 'GET', '/v1/models/{id}', () => app.get(`/v1/models/${ids.importing}`)],
    ['a model that cannot be used', 'GET', '/v1/models/{id}', () => app.get(`/v1/models/${ids.unusable}`)],
    ['a file of a model that is being read', 'GET', '/v1/models/{id}/files/{name}', () => app.get(`/v1/models/${ids.importing}/files/model.json`)],
    ['a list of models', 'GET', '/v1/models', () => app.get('/v1/models')],
    ['no list of models', 'GET', '/v1/models', () => app.get('/v1/models?limit=0')],
    ['versions of a name', 'GET', '/v1/models/versions', () => app.get('/v1/models/versions?name=first')],
    ['versions of no name', 'GET', '/v1/models/versions', () => app.get('/v1/models/versions')],
    ['a model', 'GET', '/v1/models/{id}', () => app.get(`/v1/models/${ids.model}`)],
    ['a model by a version', 'GET', '/v1/models/{id}', () => app.get('/v1/models/first@1')],
    ['a model by no version', 'GET', '/v1/models/{id}', () => app.get('/v1/models/first@one')],
    ['a file of a model by no version', 'GET', '/v1/models/{id}/files/{name}', () => app.get('/v1/models/first@one/files/labels.json')],
    ['the lineage of a model by no version', 'GET', '/v1/models/{id}/lineage', () => app.get('/v1/models/first@one/lineage')],
    ['no model', 'GET', '/v1/models/{id}', () => app.get(`/v1/models/mdl_${NO_SUCH}`)],
    ['a file of a model', 'GET', '/v1/models/{id}/files/{name}', () => app.get(`/v1/models/${ids.model}/files/labels.json`)],
    ['part of a file', 'GET', '/v1/models/{id}/files/{name}', () => app.get(`/v1/models/${ids.model}/files/golden.json`, { range: 'bytes=-1' })],
    ['a file known already', 'GET', '/v1/models/{id}/files/{name}', () => app.get(`/v1/models/${ids.model}/files/labels.json`, { 'if-none-match': '*' })],
    ['no part of a file', 'GET', '/v1/models/{id}/files/{name}', () => app.get(`/v1/models/${ids.model}/files/labels.json`, { range: 'bytes=99999-' })],
    ['no file', 'GET', '/v1/models/{id}/files/{name}', () => app.get(`/v1/models/${ids.model}/files/x`)],
    ...([
      ['/v1/models/{id}/predict', () => `/v1/models/${ids.model}/predict`, () => `/v1/models/${ids.importing}/predict`, `/v1/models/mdl_${NO_SUCH}/predict`],
      ['/v1/jobs/{id}/predict', () => `/v1/jobs/${ids.succeeded}/predict`, () => `/v1/jobs/${ids.cancelled}/predict`, `/v1/jobs/job_${NO_SUCH}/predict`],
      ['/v1/models/{name}:predict', () => '/v1/models/first:predict', () => `/v1/models/${ids.importing}:predict`, '/v1/models/nobody:predict'],
    ] as const).flatMap(([template, path, unready, nothing]): Row[] => {
      const row = (what: string, ask: () => Promise<Answer>): Row => [`predictions: ${what}`, 'POST', template, ask];
      /** What the processes that predict would answer by, which end for it elsewhere (test/predictions/). */
      const failing = (problem: ServiceError) => async (): Promise<Answer> => {
        const run = jest.spyOn(app.rooms.predictions, 'run').mockRejectedValue(problem);
        const answer = await app.post(path(), { instances: [BLANK] });
        run.mockRestore();
        expect(answer.headers['retry-after']).toBe(problem.status === 429 ? '1' : '5');
        return answer;
      };
      return [
        row('of one example', () => app.post(path(), { instances: [BLANK] })),
        row('of an example of another shape', () => app.post(path(), { instances: [7] })),
        row('of no JSON', () => send(app.url, path(), { method: 'POST', headers: JSON_BODY, body: '{' })),
        row('of plain text', () => send(app.url, path(), { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' })),
        row('of too much', () => send(app.url, path(), { method: 'POST', headers: { ...JSON_BODY, 'content-length': String(2 ** 24 + 1) }, body: '{' })),
        row('by what is not ready', () => app.post(unready(), { instances: [BLANK] })),
        row('by nothing', () => app.post(nothing, { instances: [BLANK] })),
        row('while too many wait', failing(ServiceError.of('PREDICT_BUSY', 1))),
        row('by a process that died', failing(ServiceError.of('PREDICT_CRASHED', 'signal SIGKILL'))),
        row('that take too long', failing(ServiceError.of('PREDICT_TIMEOUT', 1))),
      ];
    }),
    ['a model removed that is being read', 'DELETE', '/v1/models/{id}', () => app.delete(`/v1/models/${ids.importing}`)],
    ['the lineage of a model', 'GET', '/v1/models/{id}/lineage', () => app.get(`/v1/models/${ids.model}/lineage`)],
    ['no lineage', 'GET', '/v1/models/{id}/lineage', () => app.get(`/v1/models/mdl_${NO_SUCH}/lineage`)],
    ['a lineage in a form that there is none of', 'GET', '/v1/models/{id}/lineage', () => app.get(`/v1/models/${ids.model}/lineage?format=png`)],
    ['a lineage as a picture', 'GET', '/v1/models/{id}/lineage', () => app.get(`/v1/models/${ids.model}/lineage?format=svg`)],
    ...([['a model changed', () => `/v1/models/${ids.model}`, JSON_BODY, '{"notes":"a"}'], ['a model not changed', () => `/v1/models/${ids.model}`, JSON_BODY, '{}'], ['no model changed', () => `/v1/models/mdl_${NO_SUCH}`, JSON_BODY, '{"notes":"a"}'],
      ['a model changed that cannot be used', () => `/v1/models/${ids.unusable}`, JSON_BODY, '{"notes":"a"}'], ['a change of a model that cannot be read', () => `/v1/models/${ids.model}`, JSON_BODY, '{'],
      ['a change of a model of another type', () => `/v1/models/${ids.model}`, { 'content-type': 'a/b' }, 'a'], ['a change of a model too large', () => `/v1/models/${ids.model}`, JSON_BODY, JSON.stringify({ notes: 'x'.repeat(2 ** 20) })],
    ] as const).map(([what, path, headers, body]): Row => [what, 'PATCH', '/v1/models/{id}', () => send(app.url, path(), { method: 'PATCH', headers, body })]),
    ['a model in use', 'DELETE', '/v1/models/{id}', () => app.delete(`/v1/models/${ids.model}`)],
    ...hooks(),
    ['the log of a job', 'GET', '/v1/jobs/{id}/logs', () => app.get(`/v1/jobs/${ids.tuned}/logs`)],
    ['the log of a job as lines', 'GET', '/v1/jobs/{id}/logs', () => app.get(`/v1/jobs/${ids.tuned}/logs`, ROWS)],
    ['the log of no job', 'GET', '/v1/jobs/{id}/logs', () => app.get(`/v1/jobs/job_${NO_SUCH}/logs`)],
    ['no part of a log', 'GET', '/v1/jobs/{id}/logs', () => app.get(`/v1/jobs/${ids.tuned}/logs?level=loud`)],
    ['predictions', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/${ids.tuned}/predictions?sort=loss&limit=3`)],
    ['predictions of values', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/${ids.valued}/predictions`)],
    ['predictions of no class', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/${ids.tuned}/predictions?true=none`)],
    ['no predictions of no job', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/job_${NO_SUCH}/predictions`)],
    ['predictions of an evaluation', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/${ids.evaluated}/predictions?limit=3`)],
    ['no predictions of a comparison', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/${ids.compared}/predictions`)],
    ['predictions not made yet', 'GET', '/v1/jobs/{id}/predictions', () => app.get(`/v1/jobs/${ids.queued}/predictions`)],
    ['the system', 'GET', '/v1/system', () => app.get('/v1/system')],
    ['metrics of the service', 'GET', '/metrics', () => app.get('/metrics')],
    ['health', 'GET', '/healthz', () => app.get('/healthz')],
    ['readiness', 'GET', '/readyz', () => app.get('/readyz')],
    ['the description', 'GET', '/openapi.json', () => app.get('/openapi.json')],
    ['the errors', 'GET', '/errors.md', () => app.get('/errors.md')],
    ['a job cancelled', 'POST', '/v1/jobs/{id}/cancel', () => app.post(`/v1/jobs/${ids.queued}/cancel`, {})],
    ['a job removed', 'DELETE', '/v1/jobs/{id}', () => app.delete(`/v1/jobs/${ids.queued}`)],
    ['no job removed', 'DELETE', '/v1/jobs/{id}', () => app.delete(`/v1/jobs/job_${NO_SUCH}`)],
    ['a model by no version removed', 'DELETE', '/v1/models/{id}', () => app.delete('/v1/models/first@one')],
    ['a model removed with what came of it', 'DELETE', '/v1/models/{id}', () => app.delete(`/v1/models/${ids.model}?descendants=delete`)],
    ['a model removed that another came of', 'DELETE', '/v1/models/{id}', () => app.delete(`/v1/models/${ids.model}`)],
    ['a model removed', 'DELETE', '/v1/models/{id}', () => app.delete(`/v1/models/${ids.model}?descendants=keep`)],
    ['no model removed', 'DELETE', '/v1/models/{id}', () => app.delete(`/v1/models/${ids.model}`)],
  ])('%s (%s %s)', async (_what, method, template, ask) => {
    expectDeclared(method, template, await ask());
  });

  it('and none that is declared was left out, but those for keys, for limits and for outages', () => {
    const declared = Object.values(document.paths).flatMap((path) =>
      Object.values(path).flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`)),
    );
    expect(declared.length).toBeGreaterThan(50);
    expect(declared.filter((each) => !answered.has(each) && !/ (401|408|429|431|503|507)$/.test(each))).toEqual([]);
  });
});
