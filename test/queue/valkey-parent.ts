// A service in small: starts the embedded queue server in the folder given, says where, and waits to be ended.
import { pino } from 'pino';
import { startEmbeddedRedis } from '#queue/embedded-redis.js';
import { findQueueServer } from '#queue/queue-server.js';

const [dataFolder = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const { socketPath, adopted } = await startEmbeddedRedis({ dataFolder, binary: await findQueueServer(), log });
process.stdout.write(`${JSON.stringify({ socketPath, adopted })}\n`);
setInterval(() => undefined, 60_000);
