// Between a client and a server: passes everything on until it falls silent, as a network does that drops what it should carry. Neither side
// is told; the connections stay.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueConnection } from '#queue/connection.js';

export class SilentProxy {
  /** Connections made so far. */
  made = 0;
  private readonly links = new Set<{ sockets: Socket[]; silent: boolean }>();
  private deafTo: RegExp | undefined;

  private constructor(
    private readonly folder: string,
    private readonly server: Server,
    target: string,
  ) {
    server.on('connection', (client) => this.link(client, connect(target)));
  }

  static async start(target: string): Promise<SilentProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'rootstock-proxy-'));
    // Without it the end of one side would be answered by Node.js itself.
    const server = createServer({ allowHalfOpen: true });
    const proxy = new SilentProxy(folder, server, target);
    server.listen(join(folder, 'proxy.sock'));
    await once(server, 'listening');
    return proxy;
  }

  get connection(): QueueConnection {
    return { socketPath: join(this.folder, 'proxy.sock') };
  }

  /** Nothing more passes on the connections there are; new ones are as good as ever. */
  silence(): void {
    for (const link of this.links) link.silent = true;
  }

  /** From now on a connection falls silent as soon as something is said on it that matches. */
  silenceWhoSays(what: RegExp): void {
    this.deafTo = what;
  }

  private link(client: Socket, server: Socket): void {
    this.made += 1;
    const link = { sockets: [client, server], silent: false };
    this.links.add(link);
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (bytes) => {
        link.silent ||= from === client && this.deafTo?.test(bytes.toString('latin1')) === true;
        if (!link.silent) to.write(bytes);
      });
      from.on('end', () => link.silent || to.end());
      from.on('error', () => undefined);
      from.on('close', () => {
        if (!link.silent) to.destroy();
      });
    };
    pass(client, server);
    pass(server, client);
  }

  async close(): Promise<void> {
    for (const { sockets } of this.links) for (const socket of sockets) socket.destroy();
    this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
