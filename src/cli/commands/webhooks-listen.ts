// rootstock webhooks listen: an endpoint of this machine for as long as the command runs. What comes is verified, shown, and passed on.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { ApiError, verifyWebhook } from '../../client/index.js';
import type { WebhookRequest } from '../../contract/webhook.js';
import { wholeNumber, words } from '../arguments.js';
import { line, note, print } from '../output.js';
import { run, type Session } from '../session.js';

interface Options {
  forwardTo?: string;
  events: WebhookRequest['events'];
  port: number;
  publicUrl?: string;
}

export const webhooksListen = (webhooks: Command): Command =>
  webhooks
    .command('listen')
    .description('show what webhooks would say, and pass it on; until Ctrl-C')
    .option('--forward-to <url>', 'where it is passed on to, bytes and signature as they came')
    .option('--events <types>', 'which, with commas between them', words, ['*'])
    .option('--port <number>', 'where it listens on 127.0.0.1 (default: a free one)', wholeNumber, 0)
    .option('--public-url <url>', 'how the service reaches that, where it runs elsewhere (default: 127.0.0.1)')
    .action((options: Options, command: Command) => run(command, (session) => listen(session, options)));

async function listen(session: Session, { forwardTo, events, port, publicUrl }: Options): Promise<'ok'> {
  const { client, signal } = session;
  let secret = '';
  const server = createServer((request, response) => void receive(session, request, response, { secret, forwardTo }).catch(() => response.destroy()));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const url = publicUrl ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const made = await client.webhooks.create({ url, events, name: 'rootstock webhooks listen' }, { signal });
    ({ secret } = made);
    // The program that is passed on to verifies with it; it ends with this command.
    note(`listening at ${url} for ${events.join(', ')}; secret ${secret}`);
    try {
      await aborted(signal);
    } finally {
      await client.webhooks.delete(made.id);
    }
  } catch (error) {
    if (error instanceof ApiError && error.status === 422) note('  A service only reaches 127.0.0.1 if it was started with ALLOW_PRIVATE_ADDRESSES=1; or give --public-url.');
    throw error;
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return 'ok';
}

const aborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));

async function receive({ json }: Session, request: IncomingMessage, response: ServerResponse, { secret, forwardTo }: { secret: string; forwardTo: string | undefined }): Promise<void> {
  const body = await text(request);
  let status = 204;
  try {
    const message = verifyWebhook(body, request.headers, secret);
    if (forwardTo !== undefined) status = await forward(forwardTo, request, body);
    if (json) line({ ...message, ...(forwardTo !== undefined && { forwarded: status }) });
    else print(`${message.timestamp}  ${message.type}  ${message.id}${forwardTo === undefined ? '' : `  ${status}`}`);
  } catch (error) {
    status = 400;
    note(`rootstock: what came is not of the service: ${(error as Error).message}`);
  }
  response.writeHead(status).end();
}

/** @returns the status of the answer; 502 where there is none */
async function forward(url: string, { headers }: IncomingMessage, body: string): Promise<number> {
  const passed = Object.fromEntries(['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(headers[name])]));
  try {
    return (await fetch(url, { method: 'POST', headers: passed, body, redirect: 'manual' })).status;
  } catch (error) {
    note(`rootstock: ${url} does not answer: ${(error as Error).message}`);
    return 502;
  }
}
