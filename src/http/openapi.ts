// What /openapi.json says besides what the routes say of themselves: an example of each operation, and where fastify's description and OpenAPI 3.1 do not agree.
import { readFileSync } from 'node:fs';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const TAGS = {
  datasets: 'What is trained on: brought or generated, read, reported on, split and packed.',
  uploads: 'Files that come in pieces, by the tus protocol.',
  jobs: 'Training: submitted, followed, interfered with, and what it left.',
  models: 'What jobs made or callers brought.',
  predictions: 'Models asked about examples.',
  webhooks: 'Endpoints of callers that are told what happened.',
  system: 'What the service says of itself.',
};

/** Of an operation: values of its parameters, a body to send, the answer to it; all of one session with a real service. */
interface Example {
  params?: Record<string, string>;
  request?: unknown;
  response?: unknown;
}
interface Media {
  schema?: unknown;
  example?: unknown;
}
interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string; style?: string; explode?: boolean; example?: unknown; schema?: { type?: string } }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  const examples = JSON.parse(readFileSync(new URL('../../docs/api-examples.json', import.meta.url), 'utf8')) as Readonly<Record<string, Example>>;
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Rootstock',
        version,
        description: 'Transfer-learning jobs over HTTP. Failures are RFC 9457 problems; see /errors.md.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This service' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }, {}],
      webhooks: {
        happened: {
          post: {
            operationId: 'receiveWebhook',
            summary: 'What is sent to an endpoint, by Standard Webhooks',
            tags: ['webhooks'],
            requestBody: { content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/WebhookPayload' } } } },
            responses: { '2XX': { description: 'It was taken.' }, '410': { description: 'Nothing more is to be sent there.' } },
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) => (typeof json.$id === 'string' ? json.$id : `def-${index}`),
    },
    transformObject(document) {
      if (!('openapiObject' in document)) throw new TypeError('the description is none of OpenAPI 3');
      const { openapiObject: description } = document;
      for (const operation of Object.values(description.paths ?? {}).flatMap((methods) => Object.values(methods as Record<string, Operation>))) {
        spellOut(operation);
        addExample(operation, examples[operation.operationId ?? ''] ?? {});
      }
      return withoutInlineDiscriminators(description);
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' });
}

/** An object in a query is `name[key]=value`; what has not changed has no body; a failure has a media type of its own (RFC 9457); bytes have no schema (OpenAPI 3.1, "Binary Streams"). */
function spellOut({ parameters = [], responses }: Operation): void {
  for (const parameter of parameters) if (parameter.in === 'query' && parameter.schema?.type === 'object') Object.assign(parameter, { style: 'deepObject', explode: true });
  if (responses['304']) delete responses['304'].content;
  for (const [status, answer] of Object.entries(responses)) {
    const failure = Number(status) >= 400 ? answer.content?.[JSON_TYPE] : undefined;
    if (isProblem(failure?.schema)) answer.content = { [PROBLEM_TYPE]: failure! };
    for (const media of Object.values(answer.content ?? {})) if (isBytes(media.schema)) delete media.schema;
  }
}

const isBytes = (schema: unknown): boolean => typeof schema === 'object' && schema !== null && 'format' in schema && schema.format === 'binary';
const isProblem = (schema: unknown): boolean => typeof schema === 'object' && schema !== null && '$ref' in schema && String(schema.$ref).endsWith('/Problem');

function addExample({ parameters = [], requestBody, responses }: Operation, { params = {}, request, response }: Example): void {
  for (const parameter of parameters) {
    const value = params[parameter.name];
    if (value !== undefined) parameter.example = parameter.schema?.type === 'integer' ? Number(value) : value;
  }
  const sent = requestBody?.content[JSON_TYPE];
  if (sent && request !== undefined) sent.example = request;
  // A job that is submitted is answered by 201; by 200 where it was only tried. Of a part of a file there is no example.
  const answered = Object.entries(responses).filter(([status, { content }]) => status.startsWith('2') && status !== '206' && content?.[JSON_TYPE]).at(-1);
  if (answered && response !== undefined) answered[1].content![JSON_TYPE]!.example = response;
}

/** OpenAPI tells branches apart by the names of schemas alone; the validator by their words too, so that errors speak of one branch. */
function withoutInlineDiscriminators<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutInlineDiscriminators(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const { discriminator, ...rest } = value as { discriminator?: { propertyName?: unknown }; oneOf?: unknown[] };
  const isKept = discriminator !== undefined && !(typeof discriminator.propertyName === 'string' && rest.oneOf?.some((branch) => !Object.hasOwn(branch as object, '$ref')));
  return Object.fromEntries(Object.entries(isKept ? value : rest).map(([name, item]) => [name, withoutInlineDiscriminators(item as unknown)])) as T;
}
