// docs/guide.md against the contract: events, endpoints, states, files, examples of requests.
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import typescript from 'typescript';
import { UNCHANGED } from '#contract/augment.js';
import { CatalogueEntry, CatalogueRequest } from '#contract/catalogue.js';
import { DatasetRequest, type DatasetContent } from '#contract/dataset.js';
import { WARNINGS } from '#contract/dataset-report.js';
import { JOB_WARNINGS } from '#contract/job-warnings.js';
import { EVENT_TYPES } from '#contract/event.js';
import { AnyJobRequest } from '#contract/any-job-request.js';
import type { JobRequest } from '#contract/job-request.js';
import { LOSSES } from '#contract/losses.js';
import { OPTIMIZERS } from '#contract/optimizers.js';
import { JOB_STATES } from '#contract/job-states.js';
import { LAYER_CLASSES } from '#contract/layers.js';
import { ModelFetchRequest, type Model } from '#contract/model.js';
import { SCHEDULES, SCHEDULE_SETTINGS } from '#contract/schedules.js';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';
import { WEBHOOK_EVENTS, WebhookRequest } from '#contract/webhook.js';
import { WAITS_S } from '#webhooks/schedule.js';
import { newSecret, signedHeaders } from '#webhooks/secret.js';
import { ROW_PROBLEM_CODES } from '#contract/row-problem.js';
import { requireCarried } from '#exports/carried.js';
import { modelBase } from '#jobs/base.js';
import { candidateRequests } from '#jobs/comparison.js';
import { evaluationOf } from '#jobs/evaluation.js';
import { explanationOf } from '#jobs/explanation.js';
import { PROVENANCE_FILE } from '#models/provenance.js';
import { resolveSpec } from '#jobs/resolve.js';
import { BUNDLE_FILES, DELTA_FILE, MANIFEST_FILE, REPORT_PAGE } from '#models/bundle.js';
import { KNOWN_BASE_MODELS } from '#models/catalogue/known.js';
import { OPERATIONS } from '#models/imports/graph/operations.js';
import { requestedArchitecture } from '#models/requested.js';
import { TRANSFER_KINDS } from '#transfer/registry.js';
import { blocksOf, codeOf, rowsOf, section, textOf } from './markdown.js';

const guide = textOf('docs/guide.md');

/** What a generated data set of 12,000 examples holds. */
const glyphs = (names: string): DatasetContent => ({
  input_shape: [28, 28, 1],
  task: 'classification',
  class_names: [...names],
  parts: { train: { examples: 10_000, class_counts: Array<number>(10).fill(1000) }, test: { examples: 2000, class_counts: Array<number>(10).fill(200) } },
  split: null,
  preprocessing: { input: { shape: [28, 28, 1], dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
  digest: '',
  size_bytes: 9_456_000,
});

/** The data set that it learns from; other fine-tunings are of letters. */
const DIGITS = 'ds_0197a2c4d5e67f8091a2b3c4d5e6f708';

/** The model that the first pretraining of the guide makes, as far as a transfer looks at it. */
const ARTICLE_MODEL = {
  id: 'mdl_1',
  architecture: requestedArchitecture({ architecture: 'mlp', hidden: [128] }, [28, 28, 1], { units: 10, activation: 'softmax' }),
  labels: glyphs('0123456789').class_names,
  preprocessing: glyphs('0123456789').preprocessing,
  weights_digest: '',
} as unknown as Model;

describe('The events of docs/guide.md', () => {
  it('are those of the catalogue, each with its data, in its order', () => {
    const written = rowsOf(section(guide, 'Events')).map(([type, data]) => [codeOf(type!)[0], codeOf(data!)]);
    const catalogue = Object.entries(EVENT_TYPES).map(([type, { properties }]) => [type, Object.keys(properties)]);
    expect(written).toEqual(catalogue);
  });
});

describe('The webhooks of docs/guide.md', () => {
  it('tell of the events of the catalogue, each with its data, in its order', () => {
    const written = rowsOf(section(guide, 'Webhooks')).map(([type, data]) => [codeOf(type!)[0], codeOf(data!)]);
    expect(written).toEqual(Object.entries(WEBHOOK_EVENTS).map(([type, { properties }]) => [type, Object.keys(properties)]));
  });

  it('name the waits of the schedule', () => {
    expect(section(guide, 'Webhooks').replaceAll(/\s+/g, ' ')).toContain('after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 hours');
    expect(WAITS_S.map((wait) => wait / 3_600).slice(3)).toEqual([2, 5, 10, 14, 20, 24]);
    expect(WAITS_S.slice(0, 3)).toEqual([5, 300, 1_800]);
  });

  const bodyOf = (info: string): string => blocksOf(guide).find((block) => block.info === info)!.code;
  const secret = newSecret();
  const body = '{"type":"job.failed","data":{"name":"Grüße ✓"}}';
  const sent = signedHeaders({ secret, retired: [{ secret: newSecret(), until: '2999-01-01T00:00:00Z' }] }, 'evt_1', body, new Date());

  it('are made by the request shown', () => {
    const check = new Ajv({ strict: false }).compile(WebhookRequest);
    check(JSON.parse(bodyOf('json request of a webhook')));
    expect(check.errors ?? []).toEqual([]);
  });

  it('are verified by the TypeScript shown, and others are not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rootstock-guide-'));
    try {
      // Beside the library, as a program of a caller's would be.
      const library = createRequire(import.meta.url).resolve('standardwebhooks');
      const { outputText } = typescript.transpileModule(bodyOf('ts verifies a webhook'), { compilerOptions: { module: typescript.ModuleKind.CommonJS, target: typescript.ScriptTarget.ES2022 } });
      await writeFile(join(folder, 'received.cjs'), outputText.replace("require(\"standardwebhooks\")", `require(${JSON.stringify(library)})`));
      await writeFile(join(folder, 'main.cjs'), "const { received } = require('./received.cjs');\nconst { secret, headers, body } = JSON.parse(process.argv[2]);\nprocess.stdout.write(JSON.stringify(received(secret, headers, body)));\n");
      const run = (given: object) => promisify(execFile)(process.execPath, [join(folder, 'main.cjs'), JSON.stringify(given)]);
      expect(JSON.parse((await run({ secret, headers: sent, body })).stdout)).toEqual(JSON.parse(body));
      await expect(run({ secret, headers: sent, body: `${body} ` })).rejects.toThrow(/No matching signature/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are verified by the Python shown, and others are not', async () => {
    const main = 'import sys\ngiven = json.loads(sys.argv[1])\nprint(json.dumps(received(given["secret"], given["headers"], given["body"].encode())))\n';
    const run = (given: object) => promisify(execFile)('python3', ['-c', `${bodyOf('python verifies a webhook')}\n${main}`, JSON.stringify(given)]);
    expect(JSON.parse((await run({ secret, headers: sent, body })).stdout)).toEqual(JSON.parse(body));
    await expect(run({ secret, headers: sent, body: `${body} ` })).rejects.toThrow(/not signed/);
    await expect(run({ secret, headers: { ...sent, 'webhook-timestamp': '1614265330' }, body })).rejects.toThrow(/too old/);
  });
});

describe('The ops of docs/guide.md', () => {
  it('are those that are read of a graph', () => {
    const [, listed] = /\*\*Ops that are read\*\*: (.*);\n/.exec(section(guide, 'Graph models', 3)) ?? [];
    expect(codeOf(listed!)).toEqual([...OPERATIONS.keys()].sort());
  });
});

describe('The endpoints of docs/guide.md', () => {
  it('are those of openapi/openapi.json, and no other', () => {
    const { paths } = JSON.parse(textOf('openapi/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
    const offered = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const written = rowsOf(section(guide, 'Endpoints')).map(([endpoint]) => codeOf(endpoint!)[0]);
    expect([...written].sort()).toEqual(offered.sort());
  });
});

describe('The words of docs/guide.md', () => {
  it('name every state of a job', () => {
    const reading = section(guide, 'Reading a job');
    const used = rowsOf(reading).map(([status]) => codeOf(status!)[0]!);
    expect([...used].sort()).toEqual([...JOB_STATES].sort());
  });

  it('name every file of a bundle', () => {
    const written = rowsOf(section(guide, 'Artifacts and the bundle')).map(([file]) => codeOf(file!)[0]);
    expect([...written].sort()).toEqual([...BUNDLE_FILES, REPORT_PAGE, DELTA_FILE, PROVENANCE_FILE, MANIFEST_FILE].sort());
  });

  it('name every setting of augmentation', () => {
    const settings = rowsOf(section(guide, 'Augmentation', 3)).map(([setting]) => codeOf(setting!)[0]!);
    expect(settings.sort()).toEqual(Object.keys(UNCHANGED).sort());
  });

  it('name every warning of a report, and no other', () => {
    expect(rowsOf(section(guide, 'The report', 3)).map(([code]) => codeOf(code!)[0])).toEqual(Object.keys(WARNINGS));
  });

  it('name every warning of a job, and no other', () => {
    expect(rowsOf(section(guide, 'Where source and target look different', 3)).map(([code]) => codeOf(code!)[0])).toEqual(Object.keys(JOB_WARNINGS));
  });

  it('name every reason for which a row is left out, and no other', () => {
    expect(rowsOf(section(guide, 'Rows that cannot be read', 3)).map(([code]) => codeOf(code!)[0])).toEqual([...ROW_PROBLEM_CODES]);
  });

  it('name every class of layers', () => {
    const classes = rowsOf(section(guide, 'Networks')).flatMap(([, cell]) => codeOf(cell!));
    expect(classes.sort()).toEqual([...LAYER_CLASSES].sort());
  });
});

describe('The requests of docs/guide.md', () => {
  const ajv = new Ajv({ allErrors: true, discriminator: true, strict: false });
  formats.default(ajv);
  ajv.addSchema([...NAMED_SCHEMAS]);
  const isDataset = ajv.compile(DatasetRequest);
  const isJob = ajv.compile(AnyJobRequest);
  const written = (info: string) =>
    blocksOf(guide)
      .filter((block) => block.info === info)
      .map(({ code }) => JSON.parse(code) as Record<string, { kind?: string; cut?: string; optimizer?: { name?: string } }>);
  const requests = written('json request');
  const forColour = written('json request for colour images');
  const ofModels = written('json request of a model');
  const isModel = ajv.compile(ModelFetchRequest);
  const isEntry = ajv.compile(CatalogueEntry);
  const isWanted = ajv.compile(CatalogueRequest);

  it('name the catalogue as it is', () => {
    for (const [info, check] of [['json entry of the catalogue', isEntry], ['json request of a catalogue model', isWanted], ['json request of a base by name', isJob]] as const) {
      const [value] = written(info);
      check(value);
      expect([info, check.errors ?? []]).toEqual([info, []]);
    }
    const [byName] = written('json request of a base by name');
    expect(KNOWN_BASE_MODELS.map(({ id, cut }) => [id, cut])).toContainEqual([byName!['base_model'], byName!['transfer']!.cut]);
    for (const entry of KNOWN_BASE_MODELS) expect(isEntry(entry)).toBe(true);
  });

  it.each(ofModels)('are accepted as a model (%#)', (request) => {
    isModel(request);
    expect(isModel.errors ?? []).toEqual([]);
  });

  it.each([...requests, ...forColour])('are accepted by their schema (%#)', (request) => {
    const check = 'generate' in request || 'url' in request || 'upload' in request ? isDataset : isJob;
    check(request);
    expect(check.errors ?? []).toEqual([]);
  });

  it.each(requests.filter((request) => 'type' in request))('resolve, from glyph digits to glyph letters (%#)', (request) => {
    const stays = (request['type'] as unknown) === 'fine_tune' && (request['dataset'] as unknown) === DIGITS;
    const dataset = { id: 'ds_1', content: glyphs(stays ? '0123456789' : 'ABCDEFGHIJ') };
    const asked = request as unknown as AnyJobRequest;
    if (asked.type === 'export') {
      requireCarried(asked.format, ARTICLE_MODEL.architecture);
      return;
    }
    if (asked.type === 'explain') {
      expect(explanationOf(asked, { id: 'ds_1', content: glyphs('0123456789') }, modelBase(ARTICLE_MODEL), 2 ** 32).methods).toEqual(asked.methods);
      return;
    }
    if (asked.type === 'evaluate') {
      const evaluated = { id: 'ds_1', content: glyphs('0123456789') };
      expect(evaluationOf({ ...asked, slices: asked.slices?.filter((slice) => slice === 'class') ?? [] }, evaluated, [modelBase(ARTICLE_MODEL)], 2 ** 32).parts.length).toBeGreaterThan(0);
      return;
    }
    for (const plan of asked.type === 'compare' ? candidateRequests(asked) : [asked]) {
      expect(resolveSpec(plan, dataset, modelBase(ARTICLE_MODEL), 2 ** 32).stages.length).toBeGreaterThan(0);
    }
  });

  it.each(forColour)('resolve for colour images (%#)', (request) => {
    const content = { ...glyphs('ABCDEFGHIJ'), input_shape: [96, 96, 3] };
    const spec = resolveSpec(request as unknown as JobRequest, { id: 'ds_1', content }, null, 2 ** 32);
    expect(spec.stages.length).toBeGreaterThan(0);
  });

  it('name every loss', () => {
    expect(rowsOf(section(guide, 'Losses and class weights', 3)).map(([name]) => codeOf(name!)[0])).toEqual(LOSSES);
  });

  it('name every schedule, with each of its settings', () => {
    const rows = rowsOf(section(guide, 'Schedules of the learning rate', 3)).map(([name, settings]) => [codeOf(name!)[0], codeOf(settings!).sort()]);
    expect(rows).toEqual(SCHEDULES.map((name) => [name, Object.keys(SCHEDULE_SETTINGS[name]).sort()]));
  });

  it('show every kind of transfer and every optimizer', () => {
    const kinds = new Set(requests.flatMap(({ transfer }) => transfer?.kind ?? []));
    const optimizers = new Set(requests.flatMap(({ training }) => training?.optimizer?.name ?? []));
    expect([...kinds].sort()).toEqual(Object.keys(TRANSFER_KINDS).sort());
    expect([...optimizers].sort()).toEqual([...OPTIMIZERS].sort());
  });
});
