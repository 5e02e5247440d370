// Every journey of docs/journeys, in each of its three languages, against a real service: as a reader would copy it, with what the page says one needs.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from '@swc/core';
import { Rootstock } from 'rootstock/client';
import sharp from 'sharp';
import typescript from 'typescript';
import { zipOf } from '../support/numpy.js';
import { Receiver } from '../support/receiver.js';
import { Service } from '../support/service.js';
import { pythonWithRequests } from '../support/python.js';
import { petsTable } from '../client/given.js';
import { blocksOf, linksOf, ROOT, textOf } from './markdown.js';

const run = promisify(execFile);
/** A busy machine takes half a minute for one. */
const LIMIT_MS = 180_000;
jest.setTimeout(LIMIT_MS);

const API_KEY = 'a-key-of-the-journeys';
const LANGUAGES = ['bash', 'ts', 'python'] as const;
const pages = readdirSync(`${ROOT}docs/journeys`).filter((name) => name !== 'README.md');
const codeOf = (page: string, language: string): string => blocksOf(textOf(`docs/journeys/${page}`)).find(({ info }) => info === language)!.code;

let service: Service;
let given: Record<string, string>;
beforeAll(async () => {
  service = await Service.start({ API_KEY, ALLOW_PRIVATE_ADDRESSES: '1', WORKERS: '2' });
  const client = new Rootstock({ url: service.url, apiKey: API_KEY });
  const dataset = await client.datasets.wait((await client.datasets.create({ generate: { name: 'glyph_digits', examples: 600 } })).id);
  const job = await client.jobs.submit({ type: 'pretrain', dataset: dataset.id, model: { architecture: 'mlp', hidden: [16] }, training: { epochs: 1 } });
  const { model } = await job.wait();
  const receiver = await Receiver.open();
  given = { ROOTSTOCK_URL: service.url, ROOTSTOCK_API_KEY: API_KEY, DATASET: dataset.id, MODEL: model!, RECEIVER: receiver.url };
}, LIMIT_MS);

/** A picture of one colour, a little darker or lighter each. */
const picture = (red: number, blue: number): Promise<Buffer> => sharp({ create: { width: 32, height: 32, channels: 3, background: { r: red, g: 90, b: blue } } }).png().toBuffer();

/** What the pages say one needs, in a folder of its own, beside an installed rootstock. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-journey-'));
  try {
    const cats = await Promise.all(Array.from({ length: 30 }, async (_, at) => ({ name: `cats/${at}.png`, bytes: await picture(200 + at, 10 + at) })));
    const dogs = await Promise.all(Array.from({ length: 30 }, async (_, at) => ({ name: `dogs/${at}.png`, bytes: await picture(10 + at, 200 + at) })));
    await writeFile(join(folder, 'pictures.zip'), zipOf([...cats, ...dogs]));
    await writeFile(join(folder, 'new.png'), await picture(240, 30));
    await writeFile(join(folder, 'pets.csv'), `${petsTable()}\nonly one field\n`);
    await writeFile(join(folder, 'new.csv'), 'age,weight\n3,2\n4,\n');
    const { models } = new Rootstock({ url: service.url, apiKey: API_KEY });
    const topology = JSON.parse(await (await models.file(given.MODEL!, 'model.json')).text()) as { weightsManifest: { paths: string[] }[] };
    const [shard] = topology.weightsManifest[0]!.paths;
    topology.weightsManifest[0]!.paths = ['weights.bin'];
    await writeFile(join(folder, 'model.json'), JSON.stringify(topology));
    await writeFile(join(folder, 'weights.bin'), await (await models.file(given.MODEL!, shard!)).bytes());
    await mkdir(join(folder, 'node_modules'));
    await symlink(ROOT, join(folder, 'node_modules/rootstock'));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The command for a script, once it lies in the folder. */
const COMMANDS: Record<(typeof LANGUAGES)[number], (folder: string, code: string) => Promise<[string, string[], NodeJS.ProcessEnv?]>> = {
  bash: async (folder, code) => {
    await writeFile(join(folder, 'journey.sh'), code);
    return ['bash', ['journey.sh']];
  },
  ts: async (folder, code) => {
    const { code: plain } = transformSync(code, { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } });
    await writeFile(join(folder, 'journey.mjs'), plain);
    return [process.execPath, ['journey.mjs']];
  },
  python: async (folder, code) => {
    await writeFile(join(folder, 'journey.py'), code);
    return ['python3', ['journey.py'], await pythonWithRequests()];
  },
};

describe('docs/journeys', () => {
  it('has one script of each language on each page, and a list of the pages', () => {
    for (const page of pages) expect(blocksOf(textOf(`docs/journeys/${page}`)).map(({ info }) => info)).toEqual(LANGUAGES);
    expect(linksOf(textOf('docs/journeys/README.md')).filter((link) => /^[\w-]+\.md$/.test(link)).sort()).toEqual(pages);
  });

  it('has TypeScript that is sound', async () => {
    await inFolder(async (folder) => {
      const files = await Promise.all(pages.map(async (page) => {
        const file = join(folder, page.replace('.md', '.mts'));
        await writeFile(file, codeOf(page, 'ts'));
        return file;
      }));
      const { ModuleKind, ModuleResolutionKind, ScriptTarget } = typescript;
      const program = typescript.createProgram(files, {
        strict: true, noEmit: true, skipLibCheck: true, target: ScriptTarget.ES2022, module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext, types: ['node'], typeRoots: [`${ROOT}node_modules/@types`],
      });
      const said = typescript.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName.split('/').at(-1)}: ${typescript.flattenDiagnosticMessageText(messageText, '\n')}`);
      expect(said).toEqual([]);
    });
  });

  // Side by side: most of the time they wait.
  it.each(pages)('%s runs in curl, TypeScript and Python', async (page) => {
    await Promise.all(LANGUAGES.map((language) => inFolder(async (folder) => {
      const [program, args, env] = await COMMANDS[language](folder, codeOf(page, language));
      const { stdout } = await run(program, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...given, ...env }, timeout: LIMIT_MS });
      expect([language, stdout]).not.toEqual([language, '']);
    })));
  });
});
