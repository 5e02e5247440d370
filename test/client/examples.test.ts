// Every example in the documentation of the client, run against a service; and every public name has one.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { transformSync } from '@swc/core';
import { Webhook } from 'standardwebhooks';
import { compileFunction } from 'node:vm';
import * as all from 'rootstock/client';
import { Rootstock } from 'rootstock/client';
import { newSecret } from '#webhooks/secret.js';
import { EXAMPLES } from './examples.js';
import { givenService, petsTable, type Given } from './given.js';

jest.setTimeout(120_000);

let client: Rootstock;
let service: string;
let given: Given;
beforeAll(async () => {
  const started = await givenService();
  given = started.given;
  service = started.service.url;
  client = new Rootstock({ url: service });
}, 120_000);

/** What a service sends to an endpoint. */
function signedRequest() {
  const secret = newSecret();
  const body = JSON.stringify({ type: 'job.succeeded', timestamp: new Date().toISOString(), data: {} });
  const at = new Date();
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': new Webhook(secret).sign('evt_1', at, body) };
  return { body, headers, secret };
}

async function run(code: string): Promise<void> {
  const { code: plain } = transformSync(`async function example() {\n${code}\n}`, { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, isModule: false });
  const names: Record<string, unknown> = { ...all, ...given, client, service, file: new Blob([petsTable()]), signedRequest, console: { log: () => undefined } };
  const make = compileFunction(`${plain}\nreturn example;`, Object.keys(names)) as (...values: unknown[]) => () => Promise<void>;
  await make(...Object.values(names))();
}

describe('the examples of the client', () => {
  it.each(EXAMPLES.map(({ name, code }) => [name, code]))('%s', (_, code) => run(code));

  it('use every method of every resource, and every class and function that is exported', () => {
    const text = EXAMPLES.map(({ code }) => code).join('\n');
    const resources = Object.entries(client).filter(([, value]) => value instanceof Object) as [string, object][];
    const methods = resources.flatMap(([name, value]) => Object.getOwnPropertyNames(Object.getPrototypeOf(value)).map((method) => `client.${name}.${method}(`));
    const internal = ['constructor', 'inPieces', 'piece'].flatMap((method) => resources.map(([name]) => `client.${name}.${method}(`));
    const missing = methods.filter((call) => !internal.includes(call) && !text.includes(call));
    const stands = new Set(EXAMPLES.map(({ name }) => /(?:class|function) (\w+)/.exec(name)?.[1]));
    expect([...missing, ...Object.keys(all).filter((name) => !stands.has(name))]).toEqual([]);
  });
});
