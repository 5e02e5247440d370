// What arguments may be.
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number is wanted.');
  return Number(text);
}

export function jsonText<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new InvalidArgumentError(`JSON is wanted: ${(error as Error).message}`);
  }
}

export const words = (text: string): string[] => text.split(',');

/** key=value, again and again. */
export function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('key=value is wanted.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Whether it can be the id of a job; job_x@1 is a version of a model that is called so. */
export const isJob = (text: string): boolean => text.startsWith('job_') && !text.includes('@');

/** A job stands for the model that it made. */
export const modelNamed = (text: string): string | { job: string } => (isJob(text) ? { job: text } : text);
