// A page that runs the model. Verified is the script that it holds, with the TensorFlow.js that it holds, out of the written file, without a browser:
// plain JavaScript computes there, so that it is asked about few inputs. That a browser shows it is tested (test/exports/page.test.ts).
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createContext, Script, type Context } from 'node:vm';
import { pageOf } from '../html/page.js';
import type { Format, Runner } from './format.js';

const PAGE_FILE = 'model.html';

/** A browser less the page, as a web worker has it, which is what TensorFlow.js takes it for. */
function surroundings(): Context {
  const silent = { warn: () => undefined, log: () => undefined, error: () => undefined };
  const context = createContext({ atob, console: silent, setTimeout, clearTimeout, performance, TextEncoder, TextDecoder, navigator: { userAgent: '' }, WorkerGlobalScope: Object });
  context['self'] = context;
  return context;
}

export const HTML: Format = {
  runtime: 'the script of the page (TensorFlow.js without a native engine)',
  tolerance: 1e-5,
  mostInputs: 8,
  rowsAtOnce: 1,
  async write(_tf, exported, folder) {
    await writeFile(join(folder, PAGE_FILE), await pageOf(exported), { flag: 'wx', mode: 0o600 });
    return [PAGE_FILE];
  },
  open: async (_tf, { architecture }, folder) => runnerOf(await readFile(join(folder, PAGE_FILE), 'utf8'), architecture.input_shape),
};

async function runnerOf(page: string, shape: readonly number[]): Promise<Runner> {
  const [data, engine, script] = [...page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, text]) => text!);
  const context = surroundings();
  new Script(engine!).runInContext(context);
  new Script(script!).runInContext(context);
  const run = (text: string): unknown => new Script(text).runInContext(context);
  context['data'] = data;
  context['model'] = await run('tf.setBackend("cpu"), rootstock.load(data = JSON.parse(data))');
  return {
    async run(inputs, rows) {
      const width = inputs.length / rows;
      const outputs: number[] = [];
      for (let row = 0; row < rows; row += 1) {
        context['values'] = JSON.stringify([...inputs.subarray(row * width, (row + 1) * width)]);
        outputs.push(...((await run(`rootstock.outputsOf(model, JSON.parse(values), ${JSON.stringify(shape)})`)) as number[]));
      }
      return Float32Array.from(outputs);
    },
    close: () => void run('model.dispose()'),
  };
}
