// What the pages refer to exists: links, anchors, scripts, commands, files.
import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorsOf, codeOf, linksOf, proseOf, ROOT, sectionsOf, textOf } from './markdown.js';

const pagesIn = (folder: string): string[] => readdirSync(ROOT + folder).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
const decisions = pagesIn('docs/decisions');
const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...pagesIn('docs'), ...decisions];
const exists = (path: string): boolean => existsSync(join(ROOT, path));
const all = (pattern: RegExp): string[] => [...new Set(pages.flatMap((page) => [...textOf(page).matchAll(pattern)].map(([, name]) => name!)))];

describe('The pages', () => {
  it('link to files and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(textOf(page))
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = '', anchor] = target.split('#');
          const file = path === '' ? page : normalize(join(dirname(page), path));
          return !exists(file) || (anchor !== undefined && !anchorsOf(textOf(file)).has(anchor));
        })
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('name scripts that package.json has, whose programs exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...all(/\bnpm run ([\w:-]+)/g), ...all(/\bnpm (start|test)\b/g)];
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const programs = named.flatMap((name) => [...scripts[name]!.matchAll(/\bnode (scripts\/\S+)/g)].map(([, path]) => path!));
    expect(programs.filter((path) => !exists(path))).toEqual([]);
  });

  it('name commands that rootstock has', () => {
    const help = execFileSync(process.execPath, [`${ROOT}scripts/rootstock.mjs`, 'help'], { encoding: 'utf8', env: { PATH: process.env.PATH } });
    const commands = [...help.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name!);
    const named = all(/\bnpx rootstock (\w+)/g);
    expect(named).toContain('doctor');
    expect(named.filter((name) => !commands.includes(name))).toEqual([]);
  });

  it('name programs to start that are built or lie in scripts', () => {
    const source = (path: string): string => path.replace(/^dist\/workers\//, 'workers/').replace(/^dist\//, 'src/').replace(/\.js$/, '.ts');
    const programs = all(/\bnode ((?:dist|scripts)\/[\w./-]+\.m?js)/g);
    expect(programs.filter((path) => !exists(path.startsWith('dist/') ? source(path) : path))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const code = codeOf(proseOf(textOf('docs/architecture.md')));

  it('names files of the source that exist', () => {
    const named = code.filter((path) => /^(src|workers)\/[\w/.-]+$/.test(path));
    expect(named).toContain('src/wiring.ts');
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });

  it('names files by room that exist', () => {
    const rooms = readdirSync(`${ROOT}src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const named = code.filter((path) => path.endsWith('.ts') && rooms.some(({ name }) => path.startsWith(`${name}/`)));
    expect(named).toContain('jobs/settle.ts');
    expect(named.filter((path) => !exists(`src/${path}`))).toEqual([]);
  });
});

describe('docs/decisions.md', () => {
  const titles = decisions.flatMap((page) => sectionsOf(textOf(page)).map(({ title }) => `${page}, "${title}"`)).sort();

  it('lists every decision, each where it is', () => {
    const listed = [...textOf('docs/decisions.md').matchAll(/^- \[(.+)\]\((.+)#.+\)$/gm)].map(([, title, page]) => `docs/${page}, "${title}"`);
    expect(listed.sort()).toEqual(titles);
  });

  it('has those that the code refers to', () => {
    const files = ['src', 'workers', 'test']
      .flatMap((folder) => readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`))
      .filter((path) => /\.(ts|tsx|mjs|cjs)$/.test(path) && !path.startsWith('test/docs/'));
    const named = files.flatMap((path) => [...textOf(path).matchAll(/docs\/decisions[\w/-]*\.md(?:, "[^"]+")?/g)].map(([reference]) => reference));
    expect(named).toContain('docs/decisions/jobs.md, "What a job would take"');
    expect(named.filter((reference) => (reference.includes('"') ? !titles.includes(reference) : !exists(reference)))).toEqual([]);
  });
});
