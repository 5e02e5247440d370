// What the processes of the service share: a plain word at a failed start, a graceful end.
import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { loadSettings } from './config/load.js';
import type { Settings } from './config/settings.js';
import { makeLog } from './logs/make-log.js';

/** How long an orderly end may take before the process goes anyway. */
const CLOSES_WITHIN_MS = 25_000;

interface Running {
  close(): Promise<void>;
}

/** How long an end waits for a start that is not through yet; what that has begun, the next start finds. */
const STARTS_WITHIN_MS = 5_000;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs a process of the service: settings, log, start, and on SIGTERM, SIGINT, SIGHUP or an uncaught error its end, at any time. A
 * further signal changes nothing: a terminal sends one to every process, and each also tells those that it started. A start
 * that fails prints one sentence and exits with 1.
 */
export async function runProcess(name: string, start: (settings: Settings, log: Logger) => Promise<Running>): Promise<void> {
  try {
    const settings = loadSettings();
    const log = makeLog(settings, name);
    const starting = start(settings, log);
    const grace = closeWithGrace({ delay: CLOSES_WITHIN_MS, logger: false, skip: [...SIGNALS] }, async ({ err }) => {
      if (err) log.fatal({ err }, 'ended by an error');
      const running = await Promise.race([starting, delay(STARTS_WITHIN_MS, undefined, { ref: false })]);
      await running?.close();
    });
    let closing = false;
    const closeOnce = (signal: string): void => {
      if (closing) return;
      closing = true;
      log.info({ signal }, 'closing');
      grace.close();
    };
    for (const signal of SIGNALS) process.on(signal, closeOnce);
    await starting;
  } catch (problem) {
    process.stderr.write(`${name}: ${problem instanceof Error ? problem.message : String(problem)}\n`);
    process.exit(1);
  }
}

/** The line others wait for. */
export const announce = (url: string): void => void process.stdout.write(`rootstock listening on ${url}\n`);
