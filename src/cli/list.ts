// What all `ls` have: how many, and which.
import type { Command } from 'commander';
import type { Listing } from '../client/index.js';
import { wholeNumber } from './arguments.js';

export interface ListOptions {
  limit: number;
  name?: string;
  nameContains?: string;
  status?: string;
}

export const USUAL = 20;
const MOST_OF_A_PAGE = 100;

export const listCommand = (parent: Command, what: string): Command =>
  parent
    .command('ls')
    .description(`${what}, newest first`)
    .option('--limit <number>', 'how many at most', wholeNumber, USUAL)
    .option('--name <name>', 'of this very name')
    .option('--name-contains <text>', 'with this in the name')
    .option('--status <status>', 'in this state');

export const filterOf = <F>({ limit, name, nameContains, status }: ListOptions): F =>
  ({ limit: Math.max(1, Math.min(limit, MOST_OF_A_PAGE)), name, name_contains: nameContains, status }) as F;

/** Page by page, as many as are wanted. */
export async function firstOf<T extends { id: string }>(list: Listing<T>, limit: number): Promise<T[]> {
  const found: T[] = [];
  if (limit === 0) return found;
  for await (const item of list) if (found.push(item) >= limit) break;
  return found;
}
