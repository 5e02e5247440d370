// What the processes of the service share: a plain word at a failed start, a graceful end.
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { loadSettings } from './config/load.js';
import type { Settings } from './config/settings.js';
import { makeLog } from './wiring.js';

/** How long an orderly end may take before the process goes anyway. */
const CLOSES_WITHIN_MS = 25_000;

interface Running {
  close(): Promise<void>;
}

/**
 * Runs a process of the service: settings, log, start, and on SIGTERM, SIGINT or an uncaught error its end. A start that fails
 * prints one sentence and exits with 1.
 */
export async function runProcess(name: string, start: (settings: Settings, log: Logger) => Promise<Running>): Promise<void> {
  try {
    const settings = loadSettings();
    const log = makeLog(settings, name);
    const running = await start(settings, log);
    closeWithGrace({ delay: CLOSES_WITHIN_MS, logger: false }, async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'ended by an error');
      else log.info({ signal }, 'closing');
      await running.close();
    });
  } catch (problem) {
    process.stderr.write(`${name}: ${problem instanceof Error ? problem.message : String(problem)}\n`);
    process.exit(1);
  }
}

/** The line others wait for. */
export const announce = (url: string): void => void process.stdout.write(`rootstock listening on ${url}\n`);
