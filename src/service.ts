// The API with all it stands on, in this process: queue server, store, queue, events, reconciliation, HTTP.
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.js';
import { buildApp } from './http/app.js';
import { reconcile } from './jobs/reconcile.js';
import { jobMemoryLimit, openEvents, openQueue, openQueueServer, openStore, VERSION } from './wiring.js';

export interface Service {
  /** Such as http://127.0.0.1:7070. */
  url: string;
  /** Stops listening and lets go of queue and data folder. Workers are to be stopped before. */
  close(): Promise<void>;
}

/** @throws Error with one plain sentence where it cannot start; what was begun is undone */
export async function startService(settings: Settings, log: Logger): Promise<Service> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const server = await openQueueServer(settings, log);
    undo.push(() => server.stop());
    const store = await openStore(settings);
    const queue = await openQueue(server.connection);
    undo.push(() => queue.close());
    const events = openEvents(store, server.connection, log);
    undo.push(() => events.close());

    const reconciled = await reconcile({ store, queue, events, alone: server.alone });
    log.info(reconciled, 'reconciled store and queue');
    if (reconciled.unreadable.length > 0) log.error({ jobs: reconciled.unreadable }, 'records of these jobs cannot be read');

    const rooms = {
      store,
      queue,
      events,
      memoryLimitBytes: jobMemoryLimit(settings),
      maxUploadBytes: settings.MAX_UPLOAD_BYTES,
      version: VERSION,
    };
    const keys = { apiKey: settings.API_KEY, readOnlyKey: settings.READ_ONLY_KEY };
    const app = await buildApp(rooms, { keys, log });
    undo.push(() => app.close());
    await app.listen({ host: settings.HOST, port: settings.PORT });
    const { port } = app.server.address() as AddressInfo;
    const host = settings.HOST.includes(':') ? `[${settings.HOST}]` : settings.HOST;
    return { url: `http://${host}:${port}`, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}
