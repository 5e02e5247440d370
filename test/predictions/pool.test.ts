// The processes that predict: how requests come together in them, what they keep, and what becomes of requests when they end. With real processes.
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import type { ErrorCode } from '#contract/errors.js';
import { Networks } from '#predictions/find.js';
import type { RunMessage, ToPredictor } from '#predictions/messages.js';
import { PredictPool, type PoolSettings } from '#predictions/pool.js';
import { predict } from '#predictions/predict.js';
import { PredictProcess } from '#predictions/predict-process.js';
import { TestApp } from '../support/app.js';
import { PREDICT } from '../support/built.js';
import { descendants, isRunning } from '../support/processes.js';
import { until } from '../support/until.js';

// Each process loads the engine first; on a machine that is busy that takes long.
jest.setTimeout(120_000);

const DARK = Array.from({ length: 28 }, () => Array<number>(28).fill(0));
const models: string[] = [];
const pools: PredictPool[] = [];
let app: TestApp;

beforeAll(async () => {
  app = await TestApp.open();
  const digits = await app.generated();
  for (const seed of [1, 2, 3]) models.push((await app.model(digits.id, { training: { epochs: 1, seed } })).id);
}, 120_000);

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

interface Open {
  /** Looked at with every request. */
  settings: { seconds: number };
  pool: PredictPool;
  ask: (model?: number, instances?: number) => Promise<Float32Array>;
}

function open(given: Partial<PoolSettings> = {}): Open {
  const settings = { program: PREDICT, threads: 1, children: 1, memoryBytes: 2 ** 30, mostRequests: 64, seconds: 60, idleSeconds: 600, log: pino({ level: 'silent' }), ...given };
  const pool = new PredictPool(settings);
  pools.push(pool);
  const networks = new Networks(app.rooms.store, (key) => pool.forget(key));
  const ask = async (model = 0, instances = 1): Promise<Float32Array> =>
    (await predict(pool, () => networks.ofModel(models[model]!), { form: 'instances', instances: Array<unknown>(instances).fill(DARK), pointer: '/instances' })).outputs;
  return { pool, ask, settings };
}

/** What children are told from here on. */
function heard(): { of: (kind: ToPredictor['kind']) => ToPredictor[] } {
  const said = jest.spyOn(PredictProcess.prototype, 'say');
  return { of: (kind) => said.mock.calls.flatMap(([message]) => (message.kind === kind ? [message] : [])) };
}

const codeOf = (asked: Promise<unknown>): Promise<ErrorCode | 'answered'> => asked.then(() => 'answered', (problem: { code: ErrorCode }) => problem.code);
const children = async (): Promise<number[]> => (await descendants(process.pid)).filter(({ command }) => /^predict\s*$|workers\/predict\.js/.test(command)).map(({ pid }) => pid);
/** The one child there is. */
const child = (than?: number): Promise<number> => until('a process predicts', async () => (await children()).find((pid) => pid !== than));
const stop = (pid: number): void => void process.kill(pid, 'SIGSTOP');
const kill = (pid: number): void => void process.kill(pid, 'SIGKILL');

/** Waits until the child has been told so many runs. */
const runs = (told: ReturnType<typeof heard>, count: number): Promise<unknown> => until(`${count} runs were asked for`, () => told.of('run').length >= count);

describe('Requests', () => {
  it('for one model go through it together, and each has its own answer', async () => {
    const { ask } = open();
    const [alone] = [await ask()];
    const told = heard();
    const together = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(0, 1 + (at % 3))));
    expect(told.of('run').length).toBeLessThanOrEqual(2);
    expect((told.of('run') as RunMessage[]).flatMap(({ inputs }) => inputs)).toHaveLength(40);
    together.forEach((outputs, at) => {
      expect(outputs).toHaveLength((1 + (at % 3)) * alone.length);
      outputs.forEach((value, place) => expect(value).toBeCloseTo(alone[place % alone.length]!, 4));
    });
  });

  it('go together up to so many instances, one after the other beyond', async () => {
    const { ask } = open();
    await ask();
    const told = heard();
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(0, 200)));
    expect((told.of('run') as RunMessage[]).map(({ inputs }) => inputs.length)).toEqual([2, 2, 2]);
    expect(answers.map(({ length }) => length)).toEqual(Array(6).fill(2_000));
  });

  it('for different models do not, and have different answers', async () => {
    const { ask } = open();
    const [one, other, again] = await Promise.all([ask(0), ask(1), ask(0)]);
    expect(String(one)).toBe(String(again));
    expect(String(one)).not.toBe(String(other));
  });

  it('beyond what may wait are refused, and those that were let in are answered', async () => {
    const { ask } = open({ mostRequests: 3 });
    await ask();
    const pid = await child();
    stop(pid);
    const let_in = [ask(), ask(), ask()];
    expect(await codeOf(ask())).toBe('PREDICT_BUSY');
    expect(await codeOf(ask(1))).toBe('PREDICT_BUSY');
    process.kill(pid, 'SIGCONT');
    expect((await Promise.all(let_in)).map(({ length }) => length)).toEqual([10, 10, 10]);
    expect(await codeOf(ask())).toBe('answered');
  });
});

describe('Models', () => {
  /** Bytes of the weights of one of them: 784 × 32 + 32 + 32 × 10 + 10 floats. */
  const EACH = 4 * (784 * 32 + 32 + 32 * 10 + 10);

  it('are kept within the memory that they may take, those that were asked last', async () => {
    const { ask } = open({ memoryBytes: 2 * EACH });
    const told = heard();
    for (const model of [0, 1, 0, 1, 2, 1, 0]) await ask(model);
    const keys = (kind: 'load' | 'drop'): number[] => told.of(kind).map((message) => models.indexOf((message as { key: string }).key));
    expect([keys('load'), keys('drop')]).toEqual([[0, 1, 2, 0], [0, 2]]);
  });

  it('that are larger than all of it are held while they are asked', async () => {
    const { ask } = open({ memoryBytes: 0 });
    const told = heard();
    for (const model of [0, 0, 1]) await ask(model);
    expect([told.of('load').length, told.of('drop').length]).toEqual([2, 1]);
  });

  it('lie in one process each, where several run', async () => {
    const { ask } = open({ children: 2 });
    const told = heard();
    await Promise.all([ask(0), ask(1)]);
    await Promise.all([ask(0), ask(1), ask(0)]);
    expect([told.of('load').length, (await children()).length]).toEqual([2, 2]);
  });
});

describe('A process that predicts', () => {
  it('which dies with a request is replaced, and the request answered', async () => {
    const { ask } = open();
    const before = await ask();
    const pid = await child();
    stop(pid);
    const told = heard();
    const asked = [ask(), ask(), ask(1)];
    await runs(told, 1);
    kill(pid);
    const [one, other] = await Promise.all(asked);
    expect([String(one), String(other)]).toEqual([String(before), String(before)]);
    // Once together, then each alone; and that for the other model.
    expect((told.of('run') as RunMessage[]).map(({ inputs }) => inputs.length)).toEqual([2, 1, 1, 1]);
    expect(await child()).not.toBe(pid);
  });

  it('which dies twice with a request fails it, and those that waited are answered', async () => {
    const { ask } = open();
    await ask();
    const first = await child();
    stop(first);
    const told = heard();
    const lost = codeOf(ask());
    await runs(told, 1);
    const waits = ask(1);
    kill(first);
    kill(await child(first));
    expect(await lost).toBe('PREDICT_CRASHED');
    expect(await waits).toHaveLength(10);
  });

  it('which dies while nothing is asked costs no request', async () => {
    const lines: string[] = [];
    const { ask } = open({ log: pino({}, { write: (line) => void lines.push(line) }) });
    await ask();
    kill(await child());
    await until('its end is told', () => lines.length > 0);
    expect(lines[0]).toContain('signal SIGKILL');
    const told = heard();
    expect(await codeOf(ask())).toBe('answered');
    expect(told.of('run')).toHaveLength(1);
  });

  it('which answers nothing is ended after its time, and the next request has a fresh one', async () => {
    const { ask, settings } = open();
    await ask();
    settings.seconds = 1;
    const pid = await child();
    stop(pid);
    const late = await ask().catch((problem: Error & { code: string; status: number }) => problem);
    expect(late).toMatchObject({ code: 'PREDICT_TIMEOUT', status: 504, message: expect.stringContaining('within 1 seconds') as unknown });
    // A fresh one loads the engine first.
    settings.seconds = 60;
    expect(await codeOf(ask())).toBe('answered');
    await until('it is gone', async () => !(await isRunning(pid)));
  });

  it('ends after a while without requests, and comes again for the next', async () => {
    const { ask } = open({ idleSeconds: 0.2 });
    await ask();
    await until('none predicts', async () => (await children()).length === 0);
    expect(await codeOf(ask())).toBe('answered');
  });

  it('ends with the pool, whose requests fail', async () => {
    const { ask, pool } = open();
    await ask();
    const pid = await child();
    stop(pid);
    const told = heard();
    const asked = [codeOf(ask()), codeOf(ask(1))];
    await runs(told, 1);
    await pool.close();
    expect(await Promise.all(asked)).toEqual(['PREDICT_CRASHED', 'PREDICT_CRASHED']);
    expect([await isRunning(pid), await children()]).toEqual([false, []]);
  });
});
