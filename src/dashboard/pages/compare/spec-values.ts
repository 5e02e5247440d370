// What a job was resolved to, as values by their place, to be held against those of other jobs.
import type { Job } from '../../../contract/job.js';

export type SpecValues = ReadonlyMap<string, string | number>;

/** They follow from the rest, or tell why it is so. */
const LEFT_OUT = ['auto', 'warnings', 'runs', 'dataset_digest'];

export function valuesOf({ spec }: Job): SpecValues {
  const found = new Map<string, string | number>();
  for (const [name, value] of Object.entries(spec)) if (!LEFT_OUT.includes(name)) flatten(value, name, found);
  return found;
}

/** Things that have names are placed by them: a layer more is one difference, and not all that come after it. */
function flatten(value: unknown, at: string, found: Map<string, string | number>): void {
  const isBranch = typeof value === 'object' && value !== null && Object.values(value).length > 0 && !(Array.isArray(value) && value.every((each) => typeof each !== 'object'));
  if (!isBranch) found.set(at, typeof value === 'number' ? value : typeof value === 'string' ? value : JSON.stringify(value) ?? '');
  else for (const [key, each] of Object.entries(value)) flatten(each, `${at}/${Array.isArray(value) ? nameOf(each, key) : key}`, found);
}

const nameOf = (value: unknown, otherwise: string): string => {
  const name: unknown = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
  return typeof name === 'string' ? name : otherwise;
};

export interface SpecRow {
  at: string;
  /** Of each job; undefined where its spec has no such place. */
  values: (string | number | undefined)[];
  isSame: boolean;
}

export function rowsOf(jobs: readonly Job[]): SpecRow[] {
  const specs = jobs.map(valuesOf);
  const places = [...new Set(specs.flatMap((spec) => [...spec.keys()]))];
  return places.map((at) => {
    const values = specs.map((spec) => spec.get(at));
    return { at, values, isSame: values.every((value) => value === values[0]) };
  });
}

/** A number as it was set: 0.001 and not 0.001000. */
export const setting = (value: number): string => Number(value.toPrecision(6)).toLocaleString('en-US', { maximumSignificantDigits: 6 });
