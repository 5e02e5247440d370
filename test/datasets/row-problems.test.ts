// Rows that cannot be read: kept on disk, not in memory.
import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RowProblem } from '#contract/row-problem.js';
import { RowProblems } from '#datasets/row-problems.js';
import { temporaryFolder } from '../support/store.js';

const problem = (line: number, detail = 'has 3 fields'): RowProblem => ({ file: 'a.csv', entry: null, line, field: null, code: 'FIELD_COUNT', detail });

describe('RowProblems', () => {
  it('counts all, keeps the first 1,000, and writes each down', async () => {
    const path = join(await temporaryFolder(), 'problems.ndjson');
    const problems = new RowProblems('skip', path);
    for (let line = 1; line <= 5_000; line += 1) problems.add(problem(line));
    const { total, by_code: byCode, listed, first } = problems.summary();
    expect([total, byCode, listed, first.length]).toEqual([5_000, { FIELD_COUNT: 5_000 }, 5_000, 1_000]);
    const file = problems.finish();
    problems.close();
    const bytes = await readFile(path);
    expect(bytes.toString().trim().split('\n').map((text) => JSON.parse(text) as RowProblem)).toEqual(Array.from({ length: 5_000 }, (_, at) => problem(at + 1)));
    expect(file).toEqual({ size_bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  });

  it('cuts what is quoted of a row', () => {
    const problems = new RowProblems('skip');
    problems.add(problem(1, 'x'.repeat(1e6)));
    expect(problems.summary().first[0]!.detail.length).toBe(512);
  });

  it('lets reading go on where none may be left out, then refuses with the first and their number', () => {
    const problems = new RowProblems('refuse');
    problems.requireNone();
    problems.add(problem(4));
    expect(() => problems.requireNone()).toThrow('"a.csv", line 4 cannot be read: has 3 fields (FIELD_COUNT). Mend it');
    problems.add(problem(9));
    expect(() => problems.requireNone()).toThrow('"a.csv", line 4 cannot be read: has 3 fields (FIELD_COUNT). It is the first of 2 rows');
    for (let line = 10; line < 1_007; line += 1) problems.add(problem(line));
    expect(() => problems.add(problem(1_007))).toThrow('of 1000 rows');
  });
});
