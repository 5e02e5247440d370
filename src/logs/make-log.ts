// The log of a process: pino's JSON lines.
import { pino, type Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import { redactor } from './redaction.js';

type LogSettings = Pick<Settings, 'LOG_LEVEL' | 'API_KEY' | 'READ_ONLY_KEY'>;

/** Logs go to stderr: stdout is for the line that says where the service listens. @param to where else, in a test */
export const makeLog = ({ LOG_LEVEL: level, API_KEY, READ_ONLY_KEY }: LogSettings, name: string, to: { write(line: string): void } = pino.destination(2)): Logger =>
  pino({ name, level, hooks: { streamWrite: redactor([API_KEY, READ_ONLY_KEY]) } }, to);
