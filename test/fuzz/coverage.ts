// Which places of our code, and of the libraries that read formats for us, an input reaches, as V8 counts them: blocks, each with how often.
import { createHash } from 'node:crypto';
import { Session, type Profiler } from 'node:inspector';

/** Where places count: not in Node.js, not in the engine. */
const WATCHED = /\/(?:src|node_modules\/(?:yauzl|csv-parse|tar-stream|streamx))\//;
/** Of a loop it matters whether it is left out, made once, or many times, but not how many. */
const COUNTS = [1, 2, 3, 4, 8, 16, 32, 128];

export class Coverage {
  private readonly session = new Session();
  private readonly seen = new Set<number>();

  constructor() {
    this.session.connect();
    this.session.post('Profiler.enable');
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Places that were reached since the last call and never before, each a number that is the same in every process. */
  take(): number[] {
    let scripts: Profiler.ScriptCoverage[] = [];
    // Answered before it returns.
    this.session.post('Profiler.takePreciseCoverage', (problem, given) => {
      if (problem) throw problem;
      scripts = given.result;
    });
    const fresh: number[] = [];
    for (const { url, functions } of scripts) {
      if (!WATCHED.test(url)) continue;
      const script = numberOf(url.slice(url.search(WATCHED)));
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          const place = mixed(script, startOffset, endOffset, COUNTS.findLastIndex((least) => count >= least));
          if (this.seen.has(place)) continue;
          this.seen.add(place);
          fresh.push(place);
        }
      }
    }
    return fresh;
  }
}

const numbers = new Map<string, number>();
function numberOf(url: string): number {
  const known = numbers.get(url) ?? createHash('sha256').update(url).digest().readUInt32LE();
  numbers.set(url, known);
  return known;
}

/** FNV-1a over whole numbers, then spread. */
function mixed(...values: number[]): number {
  let hash = 0x811c9dc5;
  for (const value of values) hash = Math.imul(hash ^ value, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
