// Connections to the queue server: which silence is an outage, and which is our own.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWER_WITHIN_MS, answers, bounded, connect } from '#queue/connection.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';

/** As a process is that compiles and loads at its start: it hears nothing. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a connection that fails fast', () => {
  let valkey: Valkey;
  let client: ReturnType<typeof connect>;
  beforeAll(async () => {
    valkey = await Valkey.start();
    client = connect({ socketPath: valkey.socketPath }, 'fail-fast');
    await until('it is connected', async () => client.status === 'ready');
  });
  afterAll(async () => {
    client.disconnect();
    await valkey.stop();
  });

  it('takes an answer that came while its own process was busy for longer than an answer may take', async () => {
    const set = client.set('a', '1');
    busy(ANSWER_WITHIN_MS + 300);
    expect(await set).toBe('OK');
    expect(client.status).toBe('ready');
    const got = bounded(client.get('a'));
    busy(ANSWER_WITHIN_MS + 300);
    expect(await got).toBe('1');
  });

  it('gives up on a server that says nothing, and is made anew', async () => {
    valkey.signal('SIGSTOP');
    try {
      await expect(client.get('a')).rejects.toThrow('Command timed out');
      await until('it is made anew', async () => client.status !== 'ready');
    } finally {
      valkey.signal('SIGCONT');
    }
    await until('it is connected again', async () => client.status === 'ready' && answers(client));
  });
});
