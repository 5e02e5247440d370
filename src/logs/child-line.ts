// What a child process says to the log of its parent: lines on stderr, in the form of pino's, without a time, which whoever reads them adds. Loading pino would be a tenth of a small child's start.
import type { LogLevel } from '../contract/log-line.js';

/** As pino numbers them. */
const NUMBERS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

/** Written at once: what a process said before it died by a signal is read all the same. */
export function say(level: LogLevel, msg: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ level: NUMBERS[level], ...fields, msg })}\n`);
}

export interface ChildLine {
  level: LogLevel;
  message: string;
  /** Whatever else was said. */
  fields: Record<string, unknown>;
}

/** The letter that lines of TensorFlow begin with (abseil.io/docs/cpp/guides/logging), and what it says of itself before them. */
const NATIVE: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'fatal' };
const NATIVE_LINE = /^([IWEF])\d{4} /;
const NATIVE_PREAMBLE = /^WARNING: All log messages before absl::InitializeLog\(\)/;

/** By what native code writes itself; anything else is worth a warning. */
const levelOf = (text: string): LogLevel => (NATIVE_PREAMBLE.test(text) ? 'debug' : (NATIVE[NATIVE_LINE.exec(text)?.[1] ?? ''] ?? 'warn'));

/** What was said, or what native code wrote. */
export function lineOf(text: string): ChildLine {
  const said = parsed(text);
  const level = (Object.keys(NUMBERS) as LogLevel[]).find((name) => NUMBERS[name] === said?.level);
  if (said === undefined || level === undefined || typeof said.msg !== 'string') return { level: levelOf(text), message: text, fields: {} };
  const fields = Object.fromEntries(Object.entries(said).filter(([name]) => name !== 'level' && name !== 'msg'));
  return { level, message: said.msg, fields };
}

function parsed(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
