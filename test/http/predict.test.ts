// Predictions over HTTP: what a model says of examples is what its evaluation counted, in every form that they are sent in.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { ClassPrediction, Predictions, ServingAnswer, ValuePrediction } from '#contract/prediction.js';
import { packedFolder } from '#datasets/registry.js';
import type { Golden } from '#models/bundle.js';
import { TestApp } from '../support/app.js';
import { partInMemory } from '../support/packed.js';
import { greyPng, plain } from '../support/pictures.js';
import { expectProblem, fineTune, multipart, postJson, pretrain, send, type Answer } from '../support/requests.js';
import { file } from '../support/tables.js';
import type { NamedBytes } from '../support/idx.js';
import type { PlanJob } from '../support/plan-job.js';

// A child that predicts loads the engine first; on a machine that is busy that takes long.
jest.setTimeout(120_000);

const SIDE = 28;
const ROWS = 60;
const COLOURS = ['red', 'blue', 'green'];
/** Sizes with some missing, colours, and a code that looks like a number and is none. */
const sizeOf = (at: number): string => (at % 7 === 0 ? '' : String(at / 64));
const TABLE = `size,colour,code,kind\n${Array.from({ length: ROWS }, (_, at) => `${sizeOf(at)},${COLOURS[at % 3]!},0${at % 3},${at % 2 ? 'ant' : 'bee'}`).join('\n')}\n`;
const PRICES = `rooms,area,price\n${Array.from({ length: 40 }, (_, at) => `${at % 5},${at},${at * 1.5 + 0.25}`).join('\n')}\n`;

let app: TestApp;
let digits: Dataset;
let digitsModel: { id: string; job: PlanJob };
let kinds: { id: string; job: PlanJob };
let prices: { id: string; job: PlanJob };
let pixels: Uint8Array;
let labels: Int32Array;

const pixelsOf = (index: number): Uint8Array => pixels.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
const flat = (index: number): number[] => [...pixelsOf(index)];
/** Rows of pixels, without a channel axis. */
const picture = (index: number): number[][] => Array.from({ length: SIDE }, (_, row) => flat(index).slice(row * SIDE, (row + 1) * SIDE));
const withChannels = (index: number): number[][][] => picture(index).map((row) => row.map((value) => [value]));

const ask = (model: string, body: unknown): Promise<Answer> => app.post(`/v1/models/${model}/predict`, body);
const classes = (answer: Answer): ClassPrediction[] => {
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
  return answer.json<Predictions>().data as ClassPrediction[];
};
const sendPictures = (model: string, files: readonly NamedBytes[], fields: readonly (readonly [string, string])[] = []): Promise<Answer> =>
  send(app.url, `/v1/models/${model}/predict`, { method: 'POST', ...multipart(files, fields) });
const sendCsv = (model: string, text: string, query = '', headers: Record<string, string> = {}): Promise<Answer> =>
  send(app.url, `/v1/models/${model}/predict${query}`, { method: 'POST', headers: { 'content-type': 'text/csv', ...headers }, body: text });

beforeAll(async () => {
  app = await TestApp.open();
  digits = await app.generated('glyph_digits', 600);
  digitsModel = await app.model(digits.id, { name: 'digits', training: { epochs: 3 } });
  const test = await partInMemory(await packedFolder(app.rooms.store, digits.id), 'test');
  [pixels, labels] = [test.inputs as Uint8Array, test.labels];
  const table = await app.uploaded(file(TABLE), [['table', JSON.stringify({ columns: { code: 'categorical' } })]]);
  kinds = await app.model(table.id);
  prices = await app.model((await app.uploaded(file(PRICES))).id, { training: { epochs: 2 } });
}, 120_000);

describe('A model says of examples', () => {
  it('what its evaluation counted: the share of the test part that it finds is its test accuracy', async () => {
    const found = classes(await ask(digitsModel.id, { instances: Array.from(labels.keys(), picture), top_k: 1 }));
    expect(found).toHaveLength(labels.length);
    const right = found.filter(({ index, label }, at) => index === labels[at] && label === digits.content!.class_names[index]).length;
    expect(right / labels.length).toBeCloseTo(digitsModel.job.metrics.test_accuracy!, 6);
    expect(new Set(found.map(({ index }) => index)).size).toBeGreaterThan(2);
  });

  it('the outputs of its golden pairs, within their tolerance', async () => {
    const golden = (await app.get(`/v1/models/${digitsModel.id}/files/golden.json`)).json<Golden>();
    const instances = golden.inputs.map((row) => {
      const bytes = row.map((value) => Math.round(value * 255));
      return Array.from({ length: SIDE }, (_, at) => bytes.slice(at * SIDE, (at + 1) * SIDE));
    });
    const answered = classes(await ask(digitsModel.id, { instances, include: ['probabilities'] }));
    const differences = answered.flatMap(({ probabilities }, row) => probabilities!.map((value, unit) => Math.abs(value - golden.outputs[row]![unit]!)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(golden.tolerance);
  });

  it('the most likely classes with their probabilities, and more where it is asked for', async () => {
    const answer = await ask(digitsModel.id, { instances: [picture(0)], top_k: 3, include: ['probabilities', 'logits'] });
    expect(answer.json()).toMatchObject({ object: 'predictions', model: digitsModel.id, job: null, checkpoint: null, task: 'classification' });
    const [one] = classes(answer);
    expect(one!.top).toHaveLength(3);
    expect(one!.top[0]).toEqual({ label: one!.label, index: one!.index, probability: one!.probability });
    expect(one!.top.map(({ probability }) => probability)).toEqual([...one!.probabilities!].sort((a, b) => b - a).slice(0, 3));
    expect(one!.probabilities!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    const powers = one!.logits!.map((logit) => Math.exp(logit));
    expect(powers[one!.index]! / powers.reduce((sum, power) => sum + power, 0)).toBeCloseTo(one!.probability!, 9);
    const [usual] = classes(await ask(digitsModel.id, { instances: [picture(0)] }));
    expect([usual!.top.length, Object.keys(usual!).sort()]).toEqual([5, ['index', 'label', 'probability', 'top']]);
  });

  it('the same whether the channel axis is there or missing, of a picture as numbers, as a file, and in base64', async () => {
    const logits = async (answer: Promise<Answer>): Promise<number[]> => classes(await answer)[0]!.logits!;
    const include = ['logits'];
    const expected = await logits(ask(digitsModel.id, { instances: [withChannels(1)], include }));
    const png = await greyPng(pixelsOf(1), SIDE, SIDE);
    expect(await logits(ask(digitsModel.id, { instances: [picture(1)], include }))).toEqual(expected);
    expect(await logits(sendPictures(digitsModel.id, [{ name: 'one.png', bytes: png }], [['include', 'logits'], ['top_k', '2']]))).toEqual(expected);
    expect(await logits(ask(digitsModel.id, { instances: [{ b64: png.toString('base64') }], include }))).toEqual(expected);
  });

  it('of pictures of another size and colour something, in the order of the files', async () => {
    const files = await Promise.all([0, 1, 2].map(async (at) => ({ name: `${at}.png`, bytes: await greyPng(pixelsOf(at), SIDE, SIDE) })));
    const large = { name: 'large.jpg', bytes: await plain('#ff0000', 90, 60).jpeg().toBuffer() };
    const answered = classes(await sendPictures(digitsModel.id, [...files, large]));
    const asNumbers = classes(await ask(digitsModel.id, { instances: [0, 1, 2].map(picture) }));
    expect(answered.slice(0, 3).map(({ index }) => index)).toEqual(asNumbers.map(({ index }) => index));
    expect(answered).toHaveLength(4);
  });
});

describe('Rows of a table', () => {
  const record = (at: number) => ({ size: sizeOf(at) === '' ? null : Number(sizeOf(at)), colour: COLOURS[at % 3]!, code: `0${at % 3}` });

  it('are encoded as training had them: as objects, as lists, and as CSV with a column more', async () => {
    const include = ['logits'];
    const records = Array.from({ length: ROWS }, (_, at) => record(at));
    const byName = classes(await ask(kinds.id, { instances: records, include })).map(({ logits }) => logits);
    const byPlace = classes(await ask(kinds.id, { instances: records.map(({ size, colour, code }) => [size, colour, code]), include })).map(({ logits }) => logits);
    const asCsv = classes(await sendCsv(kinds.id, TABLE, '?include=logits&top_k=1')).map(({ logits }) => logits);
    expect(byPlace).toEqual(byName);
    expect(asCsv).toEqual(byName);
    expect(new Set(byName.map((logits) => String(logits))).size).toBeGreaterThan(ROWS / 2);
  });

  it('with a category that training did not have count as one of the others, and a missing number as the mean', async () => {
    const columns = kinds.job.spec.preprocessing!.columns!;
    const mean = (columns[0] as { mean: number }).mean;
    const of = async (instance: object): Promise<number[]> => classes(await ask(kinds.id, { instances: [instance], include: ['logits'] }))[0]!.logits!;
    const missing = await of({ size: null, colour: 'red', code: '00' });
    expect(await of({ size: 'n/a', colour: 'red', code: '00' })).toEqual(missing);
    (await of({ size: mean, colour: 'red', code: '00' })).forEach((logit, at) => expect(logit).toBeCloseTo(missing[at]!, 5));
    expect(await of({ size: 1, colour: 'violet', code: '00' })).toEqual(await of({ size: 1, colour: 'orange', code: '00' }));
    // 0 is not the text "00", which its column has.
    expect(await of({ size: 1, colour: 'red', code: 0 })).toEqual(await of({ size: 1, colour: 'red', code: '77' }));
  });

  it('are refused where the network gives no finite number for them', async () => {
    expectProblem(await ask(prices.id, { instances: [{ rooms: 1, area: 1 }, { rooms: 3e38, area: 3e38 }] }), 422, 'OUTPUT_NOT_FINITE', ['/instances/1']);
  });

  it('give values, by name, where the model tells values', async () => {
    const answer = await sendCsv(prices.id, 'area,rooms\n20,3\n30,4\n');
    expect(answer.json()).toMatchObject({ task: 'regression', names: ['price'], model: prices.id });
    const values = answer.json<Predictions>().data as ValuePrediction[];
    expect(values.map((each) => [each.values.length, Number.isFinite(each.values[0])])).toEqual([[1, true], [1, true]]);
    const asObjects = await ask(prices.id, { instances: [{ rooms: 3, area: 20 }, { rooms: 4, area: 30 }] });
    expect(asObjects.json<Predictions>().data).toEqual(values);
  });
});

describe('TensorFlow Serving’s form', () => {
  it('gives what the network gives, by the id of a model or by its name', async () => {
    const instances = [withChannels(0), picture(1)];
    const ours = classes(await ask(digitsModel.id, { instances, include: ['probabilities'] }));
    for (const name of [digitsModel.id, 'digits']) {
      const answer = await app.post(`/v1/models/${name}:predict`, { instances, signature_name: 'serving_default' });
      expect(answer.json<ServingAnswer>()).toEqual({ predictions: ours.map(({ probabilities }) => probabilities) });
    }
    const values = await app.post(`/v1/models/${prices.id}:predict`, { instances: [{ rooms: 3, area: 20 }] });
    expect(values.json<ServingAnswer>().predictions).toEqual([[expect.any(Number)]]);
  });

  it('means the newest model of a name', async () => {
    const newer = await app.model(digits.id, { name: 'digits', training: { seed: 9 } });
    const instances = [picture(0)];
    const [byName, byId] = [await app.post('/v1/models/digits:predict', { instances }), await app.post(`/v1/models/${newer.id}:predict`, { instances })];
    expect(byName.json()).toEqual(byId.json());
    expect((await app.delete(`/v1/models/${newer.id}`)).status).toBe(204);
    const older = await app.post(`/v1/models/${digitsModel.id}:predict`, { instances });
    expect((await app.post('/v1/models/digits:predict', { instances })).json()).toEqual(older.json());
    expect(older.json()).not.toEqual(byId.json());
  });

  it('refuses what it does not know', async () => {
    expectProblem(await app.post('/v1/models/nobody:predict', { instances: [1] }), 404, 'MODEL_NOT_FOUND');
    expectProblem(await app.post('/v1/models/digits:predict', { instances: [picture(0)], top_k: 2 }), 422, 'UNKNOWN_FIELD', ['/top_k']);
    expectProblem(await app.post('/v1/models/digits:predict', { instances: [[1]] }), 422, 'INVALID_VALUE', ['/instances/0']);
    const wrong = await send(app.url, '/v1/models/digits:predict', { method: 'PUT' });
    expectProblem(wrong, 405, 'METHOD_NOT_ALLOWED');
    expect(wrong.headers.allow).toContain('POST');
  });
});

describe('What is wrong with instances is told with its place', () => {
  const bent = (change: (rows: unknown[][]) => void): unknown[][] => {
    const rows: unknown[][] = picture(0);
    change(rows);
    return rows;
  };
  it.each<[string, () => unknown, string[]]>([
    ['none', () => ({ instances: [] }), ['/instances']],
    ['too many', () => ({ instances: Array.from({ length: 1025 }, () => 0) }), ['/instances']],
    ['left out', () => ({}), ['/instances']],
    ['a number', () => ({ instances: [7] }), ['/instances/0']],
    ['too few rows', () => ({ instances: [picture(0), bent((rows) => rows.pop())] }), ['/instances/1']],
    ['a row too long', () => ({ instances: [bent((rows) => rows[3]!.push(0))] }), ['/instances/0/3']],
    ['a text', () => ({ instances: [bent((rows) => (rows[2]![5] = '7'))] }), ['/instances/0/2/5']],
    ['null', () => ({ instances: [bent((rows) => (rows[2]![5] = null))] }), ['/instances/0/2/5']],
    ['a list in the place of a number', () => ({ instances: [bent((rows) => (rows[2]![5] = [[1]]))] }), ['/instances/0/2/5']],
    ['no pixel', () => ({ instances: [bent((rows) => (rows[2]![5] = 256))] }), ['/instances/0/2/5']],
    ['half a pixel', () => ({ instances: [bent((rows) => (rows[2]![5] = 0.5))] }), ['/instances/0/2/5']],
    ['two channels', () => ({ instances: [picture(0).map((row) => row.map((value) => [value, value]))] }), ['/instances/0/0/0']],
    ['no class in the top', () => ({ instances: [picture(0)], top_k: 0 }), ['/top_k']],
    ['more than there is', () => ({ instances: [picture(0)], include: ['gradients'] }), ['/include/0']],
    ['base64 that is none', () => ({ instances: [{ b64: '?' }] }), ['/instances/0/b64']],
    ['base64 beside numbers', () => ({ instances: [{ b64: 'AA==' }, picture(0)] }), ['/instances/1']],
  ])('%s', async (_what, body, pointers) => {
    const answer = await ask(digitsModel.id, body());
    expectProblem(answer, 422, answer.json<{ code: string }>().code, pointers);
  });

  it.each<[string, unknown, string, string[]]>([
    ['a column left out', { size: 1, colour: 'red' }, 'MISSING_FIELD', ['/instances/0/code']],
    ['a column more', { size: 1, colour: 'red', code: '00', kind: 'ant' }, 'UNKNOWN_FIELD', ['/instances/0/kind']],
    ['a text for a number', { size: 'many', colour: 'red', code: '00' }, 'INVALID_VALUE', ['/instances/0/size']],
    ['a truth', { size: true, colour: 'red', code: '00' }, 'INVALID_VALUE', ['/instances/0/size']],
    ['a value too far', { size: 3e38, colour: 'red', code: '00' }, 'VALUE_TOO_FAR', ['/instances/0']],
    ['a list too short', [1, 'red'], 'INVALID_VALUE', ['/instances/0']],
    ['a text for a number, in a list', ['many', 'red', '00'], 'INVALID_VALUE', ['/instances/0/0']],
    ['no row', 7, 'INVALID_VALUE', ['/instances/0']],
  ])('of a table: %s', async (_what, instance, code, pointers) => {
    expectProblem(await ask(kinds.id, { instances: [instance] }), 422, code, pointers);
  });

  it.each<[string, string, number, string, string[]]>([
    ['a column left out', 'size,colour\n1,red\n', 422, 'COLUMN_MISSING', ['/code']],
    ['no rows', 'size,colour,code\n', 422, 'TABLE_EMPTY', []],
    ['nothing', '', 422, 'TABLE_EMPTY', []],
    ['a field too many', 'size,colour,code\n1,red,00\n1,red,00,7\n', 422, 'INVALID_VALUE', ['/instances/1']],
    ['a text for a number', 'size,colour,code\n1,red,00\nmany,red,00\n', 422, 'INVALID_VALUE', ['/instances/1/size']],
    ['a quote that does not close', 'size,colour,code\n1,"red,00\n', 422, 'TABLE_CORRUPT', []],
    ['too many rows', `size,colour,code\n${'1,red,00\n'.repeat(1025)}`, 422, 'INVALID_VALUE', ['/instances']],
  ])('of CSV: %s', async (_what, text, status, code, pointers) => {
    expectProblem(await sendCsv(kinds.id, text), status, code, pointers);
  });

  it('of pictures: one that is none, none at all, another part, too many bytes', async () => {
    const sound = { name: 'a.png', bytes: await greyPng(pixelsOf(0), SIDE, SIDE) };
    const problem = expectProblem(await sendPictures(digitsModel.id, [sound, { name: 'b.png', bytes: Buffer.from('no picture') }]), 422, 'PICTURE_UNREADABLE', ['/file/1']);
    expect(problem.detail).toContain('"b.png"');
    expectProblem(await sendPictures(digitsModel.id, [{ name: 'cut.png', bytes: sound.bytes.subarray(0, 60) }]), 422, 'PICTURE_UNREADABLE', ['/file/0']);
    expectProblem(await sendPictures(digitsModel.id, []), 422, 'UPLOAD_EMPTY');
    expectProblem(await sendPictures(digitsModel.id, [sound], [['top_k', 'many']]), 422, 'INVALID_VALUE', ['/top_k']);
    expectProblem(await sendPictures(digitsModel.id, [sound], [['depth', '1']]), 422, 'UNKNOWN_FIELD', ['/depth']);
    expectProblem(await sendPictures(digitsModel.id, Array.from({ length: 257 }, () => sound)), 422, 'INVALID_VALUE', ['/file']);
    expectProblem(await sendPictures(digitsModel.id, [{ name: 'a.png', bytes: Buffer.alloc(2 ** 24 + 1) }]), 413, 'BODY_TOO_LARGE');
  });

  it('a form that the model does not take', async () => {
    expectProblem(await sendCsv(digitsModel.id, TABLE), 415, 'MEDIA_TYPE');
    expectProblem(await sendPictures(kinds.id, [{ name: 'a.png', bytes: await greyPng(pixelsOf(0), SIDE, SIDE) }]), 415, 'MEDIA_TYPE');
    expectProblem(await send(app.url, `/v1/models/${kinds.id}/predict`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' }), 415, 'MEDIA_TYPE');
    expectProblem(await postJson(app.url, `/v1/models/${kinds.id}/predict?top_k=2`, { instances: [[1, 'red', '00']] }), 422, 'INVALID_VALUE', ['/top_k']);
  });
});

describe('Which network is asked', () => {
  it('one that was deleted is not, though it is warm', async () => {
    const model = await app.model(digits.id);
    classes(await ask(model.id, { instances: [picture(0)] }));
    expect((await app.delete(`/v1/models/${model.id}`)).status).toBe(204);
    expectProblem(await ask(model.id, { instances: [picture(0)] }), 404, 'MODEL_NOT_FOUND');
  });

  it('none is, of a job that has no checkpoint, or makes no model; the model, of one that succeeded', async () => {
    const queued = await app.submit(pretrain(digits.id));
    expectProblem(await app.post(`/v1/jobs/${queued.id}/predict`, { instances: [picture(0)] }), 409, 'NO_CHECKPOINT');
    expect((await app.post(`/v1/jobs/${queued.id}/cancel`, {})).status).toBe(200);
    const search = await app.submit({ type: 'lr_find', dataset: digits.id, model: { architecture: 'mlp', hidden: [8] } });
    expectProblem(await app.post(`/v1/jobs/${search.id}/predict`, { instances: [picture(0)] }), 404, 'NO_ARTIFACTS');
    expectProblem(await app.post('/v1/jobs/job_1/predict', { instances: [picture(0)] }), 404, 'JOB_NOT_FOUND');
    const byJob = await app.post(`/v1/jobs/${digitsModel.job.id}/predict`, { instances: [picture(0)] });
    expect(byJob.json()).toEqual((await ask(digitsModel.id, { instances: [picture(0)] })).json());
  });

  it('a request with a key gets the first answer again, in each form', async () => {
    const png = { name: 'a.png', bytes: await greyPng(pixelsOf(0), SIDE, SIDE) };
    const key = (name: string) => ({ 'idempotency-key': name });
    const forms = [
      () => postJson(app.url, `/v1/models/${digitsModel.id}/predict`, { instances: [picture(0)] }, key('json')),
      () => sendCsv(kinds.id, 'size,colour,code\n1,red,00\n', '', key('csv')),
      () => {
        const { headers, body } = multipart([png]);
        return send(app.url, `/v1/models/${digitsModel.id}/predict`, { method: 'POST', headers: { ...headers, ...key('picture') }, body });
      },
    ];
    for (const form of forms) {
      const first = await form();
      const again = await form();
      expect([first.status, again.status, again.headers['idempotency-replayed'], again.text]).toEqual([200, 200, 'true', first.text]);
    }
    expectProblem(await sendCsv(kinds.id, 'size,colour,code\n2,red,00\n', '', key('csv')), 422, 'IDEMPOTENCY_MISMATCH');
  });

  it('a fine-tuned model is like any other', async () => {
    const job = await app.attempt((await app.submit(fineTune(digits.id, digitsModel.id, { kind: 'parameter' }))).id);
    expect(classes(await ask(job.model!, { instances: [picture(0)] }))[0]!.label).toEqual(expect.any(String));
  });
});
