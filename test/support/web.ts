// A server of other people's files, for tests of what the service fetches. It answers as each test says.
import { afterAll } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type WebAnswer = (request: IncomingMessage, response: ServerResponse) => void;

const opened: Server[] = [];
afterAll(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

export class Web {
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** Headers of each request. */
  readonly headers: IncomingMessage['headers'][] = [];
  private readonly answers = new Map<string, WebAnswer>();

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.asked.push(request.url!);
      this.headers.push(request.headers);
      const answer = this.answers.get(request.url!);
      if (answer) answer(request, response);
      else response.writeHead(404).end('nothing here, says canary-of-the-body');
    });
  }

  static async open(): Promise<Web> {
    const server = createServer();
    opened.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Web(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections are open. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => this.server.getConnections((problem, count) => (problem ? reject(problem) : resolve(count))));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** Answers a path; @returns its address */
  at(path: string, answer: WebAnswer | Uint8Array): string {
    this.answers.set(path, typeof answer === 'function' ? answer : (_request, response) => void response.end(answer));
    return this.url + path;
  }

  redirect(path: string, to: string, status = 302): string {
    return this.at(path, (_request, response) => void response.writeHead(status, { location: to }).end('canary-of-the-body'));
  }
}
