// What the command says without a service: of what it does not understand, of requests that are only printed, of its shells and its codes.
import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT_CODES } from '#cli/exit-codes.js';
import { program } from '#cli/program.js';
import { bar, sparkline, timeText } from '#cli/sparkline.js';
import { rowsOf, section, textOf, codeOf } from '../docs/markdown.js';
import { temporaryFolder } from '../support/store.js';
import { rootstock } from './rootstock.js';

const NOWHERE = 'http://127.0.0.1:2';
const KEY = 'a-key-that-is-nobodys-business';

describe('rootstock', () => {
  it.each([
    [['jobs', 'ls', '--nmae', 'x'], "error: unknown option '--nmae'\n(Did you mean --name?)"],
    [['jbos'], "error: unknown command 'jbos'\n(Did you mean jobs?)"],
    [['jobs', 'shwo', 'job_1'], "error: unknown command 'shwo'\n(Did you mean show?)"],
    [['jobs', 'show'], "error: missing required argument 'id'"],
    [['jobs', 'show', 'job_1', 'job_2'], "error: too many arguments for 'show'. Expected 1 argument but got 2."],
    [['jobs', 'submit'], "error: required option '-f, --file <file>' not specified"],
    [['jobs', 'ls', '--limit', 'many'], "error: option '--limit <number>' argument 'many' is invalid. A whole number is wanted."],
    [['completion', 'cmd'], "error: command-argument value 'cmd' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish."],
  ])('refuses %j with 2 and a hint', async (args, said) => {
    const { code, stdout, stderr } = await rootstock(args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `${said}\n(--help says what there is)\n` });
  });

  it('refuses a file that is not there, or no document, with 2', async () => {
    expect(await rootstock(['jobs', 'submit', '-f', 'none.yaml'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^rootstock: none\.yaml cannot be read: /) });
    expect(await rootstock(['jobs', 'submit', '-f', '-'], { stdin: '- a\n- b' })).toMatchObject({ code: 2, stderr: 'rootstock: - holds no object of fields and values.\n' });
    expect(await rootstock(['jobs', 'submit', '-f', '-'], { stdin: '{"a": ' })).toMatchObject({ code: 2, stderr: expect.stringContaining('neither YAML nor JSON') });
  });

  it('ends with 6 where nobody answers, and says what starts a service', async () => {
    const { code, stderr } = await rootstock(['jobs', 'ls', '--url', NOWHERE]);
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringMatching(/^rootstock: The service does not answer: .*ECONNREFUSED.*\n {2}Is the service running\? "rootstock up" starts one here; .*\n$/) });
  });

  it('prints a request with --curl in the place of sending it, without the key', async () => {
    const env = { ROOTSTOCK_API_KEY: KEY };
    const submitted = await rootstock(['jobs', 'submit', '-f', '-', '--curl', '--url', NOWHERE], { env, stdin: "type: pretrain\nname: it's" });
    expect(submitted.stdout).toMatch(
      /^curl -X POST -H 'accept: application\/json' -H 'idempotency-key: [0-9a-f-]{36}' -H "Authorization: Bearer \$ROOTSTOCK_API_KEY" -H 'content-type: application\/json' --data-binary '\{"type":"pretrain","name":"it'\\''s"\}' http:\/\/127\.0\.0\.1:2\/v1\/jobs\n$/,
    );
    expect(submitted.stdout + submitted.stderr).not.toContain(KEY);
    const added = await rootstock(['datasets', 'add', 'package.json', '--name', 'x', '--curl', '--url', NOWHERE], { env });
    expect({ code: added.code, stdout: added.stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/ -F name=x -F file=@package\.json http:\/\/127\.0\.0\.1:2\/v1\/datasets\n$/) });
  });

  it.each([
    ['a job', 'job_1', '"model":{"job":"job_1"}'],
    ['a version of a model that is called like one', 'job_1@2', '"model":"job_1@2"'],
  ])('takes for what it is %s', async (_, named, asked) => {
    for (const command of ['evaluate', 'explain']) {
      expect((await rootstock([command, named, 'ds_1', '--curl', '--url', NOWHERE])).stdout).toContain(asked);
    }
  });

  it('prints what a shell can run with --curl', async () => {
    const { stdout } = await rootstock(['jobs', 'ls', '--name', "it's", '--curl', '--url', NOWHERE]);
    const { stderr } = spawnSync('bash', ['-c', stdout.replace(/^curl/, 'curl -sS')], { encoding: 'utf8' });
    expect(stderr).toMatch(/^curl: \(7\) /);
  });

  it('takes no key as a flag', async () => {
    expect(await rootstock(['jobs', 'ls', '--api-key', KEY])).toMatchObject({ code: 2 });
  });

  it('lists in its own help what there is', async () => {
    const { stdout } = await rootstock(['help']);
    for (const command of program().commands) {
      const { commands } = command;
      const line = new RegExp(`^  ${command.name()} +(.*)$`, 'm').exec(stdout)?.[1];
      if (commands.length > 0) expect(line?.split(', ').sort()).toEqual(commands.map((each) => each.name()).sort());
      else expect(line).toMatch(/\S/);
    }
  });
});

describe('completion', () => {
  const complete = (...words: string[]): string[] => {
    const script = execFileSync(process.execPath, ['scripts/rootstock.mjs', 'completion', 'bash'], { encoding: 'utf8' });
    const ask = `${script}\nCOMP_WORDS=(${['rootstock', ...words].map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _rootstock; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).split('\n').filter((word) => word !== '');
  };

  it('of bash offers commands, then their commands, then their options', () => {
    expect(complete('d').sort()).toEqual(['datasets', 'doctor']);
    expect(complete('jobs', 're')).toEqual(['resume', 'retry', 'reproduce', 'report']);
    expect(complete('--json', 'jobs', 'submit', '--w')).toEqual(['--watch']);
    expect(complete('jobs', 'watch', 'job_1', '--t')).toEqual(['--timeout']);
  });

  const scriptFor = (shell: string): string => execFileSync(process.execPath, ['scripts/rootstock.mjs', 'completion', shell], { encoding: 'utf8' });
  const isThere = (shell: string): boolean => !spawnSync(shell, ['--version']).error;

  it('of zsh offers the same, the first time that it is asked too, where zsh is there', async () => {
    const script = scriptFor('zsh');
    expect(script).toContain('submit');
    if (!isThere('zsh')) return void process.stderr.write('There is no zsh: its completion is NOT TESTED.\n');
    const folder = await temporaryFolder();
    await writeFile(join(folder, '_rootstock'), script);
    // As zsh's own completion calls it: read from $fpath, with the words so far; what it offers is filtered by zsh.
    const ask = `compdef() { : }; compadd() { shift; print -l -- "$@" }; fpath=(${folder}); autoload _rootstock; words=(rootstock --json jobs su); CURRENT=4; _rootstock`;
    expect(execFileSync('zsh', ['-f', '-c', ask], { encoding: 'utf8' }).split('\n')).toEqual(expect.arrayContaining(['submit', 'retry', '--json']));
  });

  it('of fish offers the same, where fish is there', () => {
    const script = scriptFor('fish');
    expect(script).toContain('submit');
    if (!isThere('fish')) return void process.stderr.write('There is no fish: its completion is NOT TESTED.\n');
    expect(execFileSync('fish', ['--no-config', '-c', `${script}\ncomplete -C 'rootstock jobs re'`], { encoding: 'utf8' }).trim().split('\n').sort()).toEqual(['report', 'reproduce', 'resume', 'retry']);
  });
});

describe('exit codes', () => {
  it('are those of docs/command-line.md, each with its meaning', () => {
    const written = rowsOf(section(textOf('docs/command-line.md'), 'Exit codes')).map(([code, when]) => [Number(codeOf(code!)[0]), when]);
    expect(written).toEqual(Object.values(EXIT_CODES).map(({ code, when }) => [code, when]));
  });
});

describe('what a terminal is shown', () => {
  it('is a curve, a bar and a time', () => {
    expect(sparkline([3, 2, 1, 1.5, NaN])).toBe('█▅▁▃');
    expect(sparkline([1, 1])).toBe('▁▁');
    expect(sparkline(Array.from({ length: 100 }, (_, at) => at))).toHaveLength(24);
    expect([bar(0, 4), bar(50, 4), bar(130, 4)]).toEqual(['░░░░', '██░░', '████']);
    expect([timeText(5.4), timeText(125), timeText(3725)]).toEqual(['5 s', '2 min', '1 h 2 min']);
  });
});
