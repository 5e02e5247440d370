// What every command has: a client, a way to answer, and an end.
import type { Command } from 'commander';
import { ApiError, ConnectionError, Rootstock, RootstockError, TimeoutError, UnsuccessfulError } from '../client/index.js';
import { curlOf, Printed } from './curl.js';
import { readEnvironment } from './environment.js';
import { EXIT_CODES, type Ending } from './exit-codes.js';
import { document, line, note } from './output.js';

export interface Session {
  client: Rootstock;
  /** Whether a program reads the answer. */
  json: boolean;
  /** Whether the request is only printed. */
  curl: boolean;
  /** Aborted by Ctrl-C: for every call. */
  signal: AbortSignal;
  /** One object: as JSON, or as a person wants it. */
  show: <T>(value: T, asText: (value: T) => void) => void;
  /** Several objects: a line each as NDJSON, or as a person wants them. */
  showEach: <T>(values: readonly T[], asText: (values: readonly T[]) => void) => void;
}

interface Shared {
  json?: boolean;
  curl?: boolean;
  url?: string;
}

/** Ctrl-C. */
class Interrupted extends Error {}
/** What was typed is understood and cannot be done. */
export class UsageError extends Error {}

/**
 * Does the work of a command, and says how it ended.
 * @param files those that were named, for --curl
 */
export async function run(command: Command, work: (session: Session) => Promise<Ending | void>, files: readonly string[] = []): Promise<void> {
  const { json = false, curl = false, url } = command.optsWithGlobals<Shared>();
  const environment = readEnvironment();
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Interrupted());
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const printing = async (address: string, init: RequestInit): Promise<never> => {
    process.stdout.write(`${curlOf(address, init, files)}\n`);
    throw new Printed();
  };
  const client = new Rootstock({ ...environment, url: url ?? environment.url, ...(curl && { fetch: printing }) });
  const session: Session = {
    client, json, curl, signal: stopping.signal,
    show: (value, asText) => (json ? document(value) : asText(value)),
    showEach: (values, asText) => (json ? values.forEach(line) : asText(values)),
  };
  try {
    end((await work(session)) ?? 'ok');
  } catch (error) {
    end(tell(error, json));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

const end = (ending: Ending): void => void (process.exitCode = EXIT_CODES[ending].code);

/** @returns how the command ends by it */
function tell(error: unknown, json: boolean): Ending {
  if (error instanceof Printed) return 'ok';
  if (error instanceof Interrupted) return 'interrupted';
  if (error instanceof ApiError) {
    note(json && error.problem ? JSON.stringify(error.problem) : `rootstock: ${error.message}\n  code ${error.code}, request ${error.requestId ?? 'unknown'}`);
    return 'refused';
  }
  // Of a file or a port of this machine.
  if (error instanceof Error && 'syscall' in error) {
    note(`rootstock: ${error.message}`);
    return 'refused';
  }
  if (!(error instanceof RootstockError || error instanceof UsageError)) throw error;
  note(`rootstock: ${error.message}`);
  if (error instanceof UsageError) return 'usage';
  if (error instanceof UnsuccessfulError) return 'failed';
  if (error instanceof TimeoutError) return 'timeout';
  if (!(error instanceof ConnectionError)) return 'refused';
  note('  Is the service running? "rootstock up" starts one here; ROOTSTOCK_URL or --url says where another is.');
  return 'unreachable';
}
