// Somebody's receiver of webhooks, which answers as each test says and holds what came to the library's own verifier.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';

export interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}
/** What a receiver does with a request once all of it has come. */
export type Reaction = (response: ServerResponse, request: IncomingMessage) => void;

export interface Payload {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

export const answering = (status: number, headers: Record<string, string> = {}, body = ''): Reaction => (response) => void response.writeHead(status, headers).end(body);

const opened: (() => void)[] = [];
afterAll(() => opened.splice(0).forEach((close) => close()));

export class Receiver {
  readonly received: Received[] = [];
  private readonly next: Reaction[] = [];

  private constructor(
    readonly url: string,
    /** What it does when no reaction is left. */
    public usually: Reaction,
  ) {}

  static async open(usually: Reaction = answering(204)): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const receiver = new Receiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, usually);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void receiver.take(request, response));
    return receiver;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return; // broken off
    this.received.push({ headers: request.headers, body });
    (this.next.shift() ?? this.usually)(response, request);
  }

  /** Reacts so to the next requests, one after the other. */
  reacts(...reactions: Reaction[]): this {
    this.next.push(...reactions);
    return this;
  }

  get ids(): unknown[] {
    return this.received.map(({ headers }) => headers['webhook-id']);
  }

  /** What came, each held to its signature by the library. @throws where one is not signed with the secret */
  payloads(secret: string): Payload[] {
    return this.received.map((each) => verified(secret, each));
  }
}

export const verified = (secret: string, { headers, body }: Received): Payload => new Verifier(secret).verify(body, headers as Record<string, string>) as Payload;
