// The event log with a real Valkey, with none, and with one that goes away: nothing is lost, only later.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { EventLog } from '#events/event-log.js';
import { openEventLog } from '#events/redis-event-log.js';
import type { Store } from '#store/store.js';
import { temporaryStore } from '../support/store.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';
import { eventLogSuite, following } from './event-log-suite.js';

const logged: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
let valkey: Valkey;
beforeAll(async () => {
  valkey = await Valkey.start();
});
afterAll(() => valkey.stop());

describe('an event log with Redis', () => {
  eventLogSuite((store) => openEventLog(store, valkey.connection, logger));
});

describe('an event log whose Redis is away', () => {
  eventLogSuite((store) => openEventLog(store, { socketPath: '/nowhere/redis.sock' }, logger));
});

describe('an event log and its Redis', () => {
  const opened: EventLog[] = [];
  const open = (store: Store): EventLog => {
    const log = openEventLog(store, valkey.connection, logger);
    opened.push(log);
    return log;
  };
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
    logged.length = 0;
  });

  it('bring an event to a follower much sooner than it would look by itself', async () => {
    const store = await temporaryStore();
    const [writing, reading] = [open(store), open(store)];
    const writer = await writing.openWriter('job_1');
    const { ids, ended } = following(reading, 0);
    await writer.append('job.preparing', { attempt: 0 });
    await until('it came', () => ids.length === 1);
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      const writtenAt = performance.now();
      await writer.append('job.preparing', { attempt });
      await until('it came', () => ids.length === attempt + 1);
      delays.push(performance.now() - writtenAt);
    }
    await writer.append('job.cancelled', {});
    await ended;
    expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(300);
  });

  it('lose no event when Redis is killed, and are fast again when it is back', async () => {
    const store = await temporaryStore();
    const [writing, reading] = [open(store), open(store)];
    const writer = await writing.openWriter('job_1');
    const { ids, ended } = following(reading, 0);
    await writer.append('job.preparing', { attempt: 1 });
    await until('it came', () => ids.length === 1);
    await valkey.kill();
    await writer.append('job.preparing', { attempt: 2 });
    await writer.append('job.preparing', { attempt: 3 });
    await until('they came', () => ids.length === 3);
    await until('the outage is in the log', () => logged.some((line) => line.includes('does not answer')));
    await valkey.startAgain();
    await until('its end is, too', () => logged.some((line) => line.includes('answers again')));
    expect(logged.filter((line) => line.includes('does not answer'))).toHaveLength(2); // one for each of the two logs
    await writer.append('job.cancelled', {});
    await ended;
    expect(ids).toEqual([1, 2, 3, 4]);
  });
});
