// openapi/openapi.json is what the routes say, and every operation is described.
import { describe, expect, it } from '@jest/globals';
import { buildApp } from '#http/app.js';
import type { Rooms } from '#http/rooms.js';
import { textOf } from './markdown.js';

interface Media {
  example?: unknown;
}
interface Operation {
  parameters?: { name: string; in: string; required?: boolean; example?: unknown }[];
  requestBody?: { content: Record<string, Media> };
  operationId?: string;
  summary?: string;
  tags?: string[];
  responses?: Record<string, { content?: Record<string, Media> }>;
}
interface Description {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
}

const { version } = JSON.parse(textOf('package.json')) as { version: string };
// Describing the routes opens nothing, so they are given no rooms.
const app = await buildApp({ version } as Rooms, { keys: { apiKey: '', readOnlyKey: '' } });
const generated = JSON.parse(JSON.stringify((app as unknown as { swagger: () => unknown }).swagger())) as Description;
await app.close();
const operations = Object.entries(generated.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ at: `${method.toUpperCase()} ${path}`, ...operation })),
);

describe('openapi/openapi.json', () => {
  it('is what the routes generate; if not, run "npm run openapi"', () => {
    expect(JSON.parse(textOf('openapi/openapi.json'))).toEqual(generated);
  });

  it('has an example of every operation: of what is in its path, what is sent as JSON, what is answered in JSON; if not, see scripts/write-examples.mjs', () => {
    const json = (content: Record<string, Media> | undefined): Media | undefined => content?.['application/json'];
    // Its answer is this very document, or the schemas in it.
    const ITSELF = ['getOpenapi', 'getJobSchema'];
    const lacking = ({ operationId, parameters = [], requestBody, responses = {} }: Operation): boolean => {
      const answers = Object.entries(responses).flatMap(([status, { content }]) => (status.startsWith('2') && json(content) ? [json(content)!] : []));
      const answered = answers.length === 0 || ITSELF.includes(operationId!) || answers.some(({ example }) => example !== undefined);
      const sent = json(requestBody?.content);
      const named = parameters.filter((parameter) => parameter.in === 'path').every(({ example }) => example !== undefined);
      return !(answered && named && (sent === undefined || sent.example !== undefined));
    };
    expect(operations.filter(lacking).map(({ at }) => at)).toEqual([]);
  });

  it('gives every operation an id of its own, a summary, a known tag and answers', () => {
    const tags = generated.tags.map(({ name }) => name);
    const described = ({ operationId, summary, tags: own = [], responses = {} }: Operation): boolean =>
      Boolean(operationId && summary) && own.length > 0 && own.every((tag) => tags.includes(tag)) && Object.keys(responses).length > 0;
    expect(operations.filter((operation) => !described(operation)).map(({ at }) => at)).toEqual([]);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });
});
