// What tests send: HTTP as it is written (no address is tidied up on the way), and the bodies of usual requests.
import { expect } from '@jest/globals';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Problem } from '#contract/problem.js';
import type { NamedBytes } from './idx.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  /** The parsed body. @throws SyntaxError where it is no JSON */
  json<T = Record<string, unknown>>(): T;
}

export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** One request over a connection of its own. The path goes over the wire as it is given, `..` and all. */
export function send(url: string, path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const length = body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers: { ...length, ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: <T>() => JSON.parse(text) as T });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

export const postJson = (url: string, path: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  send(url, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) });

const BOUNDARY = 'rootstock-test-boundary';

/** A multipart body: fields first, then each file as a part named "file" (or otherwise, where `part` says so). */
export function multipart(files: readonly (NamedBytes & { part?: string })[], fields: readonly (readonly [string, string])[] = []) {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    parts.push(Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  }
  for (const { name, bytes, part = 'file' } of files) {
    const head = `content-disposition: form-data; name="${part}"; filename="${name}"\r\ncontent-type: application/octet-stream`;
    parts.push(Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`), Buffer.from(bytes), Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${BOUNDARY}--\r\n`));
  return { headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }, body: Buffer.concat(parts) };
}

export const upload = (url: string, files: readonly (NamedBytes & { part?: string })[], fields: readonly (readonly [string, string])[] = []) =>
  send(url, '/v1/datasets', { method: 'POST', ...multipart(files, fields) });

export const sendModel = (url: string, files: readonly (NamedBytes & { part?: string })[], fields: readonly (readonly [string, string])[] = []) =>
  send(url, '/v1/models/imports', { method: 'POST', ...multipart(files, fields) });

export const pretrain = (dataset: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'pretrain',
  dataset,
  model: { architecture: 'mlp', hidden: [32] },
  training: { epochs: 1 },
  ...more,
});

export const fineTune = (dataset: string, baseModel: string, transfer: object, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'fine_tune',
  dataset,
  base_model: baseModel,
  transfer,
  training: { epochs: 1 },
  ...more,
});

/** A pretraining whose loss soon is no number: nothing bounds what its linear layers pass on, and each step is huge. */
export const diverging = (dataset: string): Record<string, unknown> => ({
  type: 'pretrain',
  dataset,
  model: {
    layers: [
      { class_name: 'Flatten' },
      ...[1, 2, 3].map(() => ({ class_name: 'Dense', config: { units: 32 } })),
      { class_name: 'Dense', config: { units: 10, activation: 'softmax' } },
    ],
  },
  training: { epochs: 20, optimizer: { name: 'sgd', learning_rate: 100 } },
});

const PROBLEM_KEYS = ['code', 'detail', 'errors', 'instance', 'request_id', 'status', 'title', 'type'];

/** Holds an answer to the one shape of failure, and gives it back. */
export function expectProblem(answer: Answer, status: number, code: string, pointers?: readonly string[]): Problem {
  const told = { status: answer.status, code: answer.text.match(/"code":"(\w+)"/)?.[1], body: answer.text };
  expect(told).toEqual({ status, code, body: answer.text });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = answer.json<Problem>();
  expect(Object.keys(problem).sort()).toEqual(PROBLEM_KEYS);
  expect(problem).toMatchObject({ status, code, type: `/errors.md#${code.toLowerCase()}`, request_id: answer.headers['x-request-id'] });
  expect(problem.detail).toMatch(/^\S.*[.?]$/s);
  expect(problem.detail).not.toMatch(/node_modules|\/src\/|\/dist\/|at .*:\d+:\d+/);
  if (pointers) expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
  return problem;
}
