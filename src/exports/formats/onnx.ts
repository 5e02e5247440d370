// ONNX models: inference alone, for onnxruntime and what reads ONNX. The runtime that checks them here is the WebAssembly build of onnxruntime,
// which no script has to install.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INPUT, OUTPUT } from '../onnx/model.js';
import { onnxBytes } from '../onnx/write-onnx.js';
import type { Format } from './format.js';

export const ONNX_FILE = 'model.onnx';

export const ONNX: Format = {
  runtime: 'onnxruntime',
  tolerance: 1e-5,
  async write(_tf, { architecture, weights, labels, preprocessing }, folder) {
    const metadata = { labels: JSON.stringify(labels), preprocessing: JSON.stringify(preprocessing) };
    await writeFile(join(folder, ONNX_FILE), onnxBytes(architecture, weights, metadata), { flag: 'wx', mode: 0o600 });
    return [ONNX_FILE];
  },
  async open(_tf, { architecture }, folder) {
    // 14 MB of WebAssembly, for those who need it.
    const { InferenceSession, Tensor, env } = await import('onnxruntime-web');
    env.wasm.numThreads = 1;
    const session = await InferenceSession.create(await readFile(join(folder, ONNX_FILE)), { logSeverityLevel: 3 });
    return {
      async run(inputs, rows) {
        const results = await session.run({ [INPUT]: new Tensor('float32', inputs, [rows, ...architecture.input_shape]) });
        return results[OUTPUT]!.data as Float32Array;
      },
      close: () => void session.release(),
    };
  },
};
