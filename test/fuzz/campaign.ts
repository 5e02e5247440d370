// Fuzzing of one target: inputs are changed, read, and those that reach new places are changed further.
import { Draw } from '../simulation/draw.js';
import { keep, keptInputs, replaceCorpus, sizeOf } from './corpus.js';
import { mutated } from './mutate.js';
import { Reader, type Verdict } from './reader.js';
import { SEEDS } from './seeds.js';
import type { Input, Target } from './targets.js';

/** After so many inputs a fresh process reads on, so that what one holds on to stays little. */
const INPUTS_PER_READER = 5_000;
/** A corpus that is kept takes no more. */
const MOST_KEPT_BYTES = 48 * 1024;
const MOST_KEPT = 60;

export interface Finding {
  readonly kind: Exclude<Verdict['kind'], 'sound'>;
  readonly why: string;
  /** Of the input in `found/`; undefined where a fresh process reads it well. */
  readonly kept: string | undefined;
}

export interface Outcome {
  readonly inputs: number;
  readonly seconds: number;
  readonly places: number;
  readonly interesting: number;
  /** How many were read, and how many refused by which code. */
  readonly answers: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
}

export interface Options {
  readonly seed: number;
  readonly ms: number;
  /** Whether the corpus is made anew of the inputs that reach most. */
  readonly keeps?: boolean;
  readonly onFinding?: (finding: Finding) => void;
}

export async function fuzz(target: Target, { seed, ms, keeps = false, onFinding }: Options): Promise<Outcome> {
  const campaign = new Campaign(target, new Draw(seed), onFinding);
  await campaign.begin();
  const start = performance.now();
  try {
    await campaign.run(start + ms);
  } finally {
    await campaign.close();
  }
  if (keeps) await campaign.keepCorpus();
  return campaign.outcome((performance.now() - start) / 1_000);
}

class Campaign {
  private readonly places = new Map<number, Input>();
  private readonly pool: Input[] = [];
  private readonly answers = new Map<string, number>();
  private readonly findings: Finding[] = [];
  private inputs = 0;
  private slowestMs = 0;
  private reader!: Reader;
  private seeds!: Input[];

  constructor(private readonly target: Target, private readonly draw: Draw, private readonly onFinding: ((finding: Finding) => void) | undefined) {}

  async begin(): Promise<void> {
    this.seeds = await SEEDS[this.target.name]!();
    this.reader = await Reader.start(this.target, this.seeds[0]!);
    this.pool.push(...this.seeds);
  }

  close = (): Promise<void> => this.reader.close();

  async run(untilMs: number): Promise<void> {
    const kept = [...(await keptInputs('corpus', this.target)).values(), ...(await keptInputs('found', this.target)).values()];
    for (const input of [...this.seeds, ...kept]) await this.read(input);
    while (performance.now() < untilMs) {
      if (this.inputs % INPUTS_PER_READER === 0) await this.freshReader();
      await this.read(mutated(this.parent(), { draw: this.draw, target: this.target, other: this.draw.pick(this.pool) }));
    }
  }

  /** Those found last lead furthest. */
  private parent(): Input {
    const recent = this.pool.slice(-20);
    return this.draw.pick(this.draw.chance(0.3) ? recent : this.pool);
  }

  private async read(input: Input): Promise<void> {
    this.inputs += 1;
    const verdict = await this.reader.read(input);
    if (verdict.kind !== 'sound') return this.found(input, verdict);
    this.answers.set(verdict.answer, (this.answers.get(verdict.answer) ?? 0) + 1);
    this.slowestMs = Math.max(this.slowestMs, verdict.ms);
    const fresh = verdict.places.filter((place) => !this.places.has(place));
    for (const place of fresh) this.places.set(place, input);
    if (fresh.length > 0) this.pool.push(input);
  }

  /** It counts where a fresh process fails over it again: the machine may be slow for a moment. */
  private async found(input: Input, first: Exclude<Verdict, { kind: 'sound' }>): Promise<void> {
    await this.freshReader();
    const again = await this.reader.read(input);
    if (again.kind !== 'sound') await this.freshReader();
    const { kind, why } = again.kind === 'sound' ? first : again;
    const known = this.findings.some((finding) => placeOf(finding) === placeOf({ kind, why }));
    if (known) return;
    const finding = { kind, why, kept: again.kind === 'sound' ? undefined : await keep('found', this.target, input, `${kind}-`) };
    this.findings.push(finding);
    this.onFinding?.(finding);
  }

  private async freshReader(): Promise<void> {
    await this.reader.close();
    this.reader = await Reader.start(this.target, this.seeds[0]!);
  }

  /** The fewest bytes that still reach most places: small inputs first, each that adds a place. */
  async keepCorpus(): Promise<void> {
    const reached = new Map<Input, number>();
    for (const input of this.places.values()) reached.set(input, (reached.get(input) ?? 0) + 1);
    const byWorth = [...reached].sort(([one, ofOne], [other, ofOther]) => ofOther / (sizeOf(other) + 200) - ofOne / (sizeOf(one) + 200));
    const chosen: Input[] = [];
    let bytes = 0;
    for (const [input] of byWorth) {
      if (this.seeds.includes(input) || bytes + sizeOf(input) > MOST_KEPT_BYTES || chosen.length === MOST_KEPT) continue;
      chosen.push(input);
      bytes += sizeOf(input);
    }
    await replaceCorpus(this.target, chosen);
  }

  outcome(seconds: number): Outcome {
    return { inputs: this.inputs, seconds, places: this.places.size, interesting: this.pool.length, answers: this.answers, slowestMs: this.slowestMs, findings: this.findings };
  }
}

/** Failures of one kind at one place in the code are one. */
const placeOf = ({ kind, why }: Pick<Finding, 'kind' | 'why'>): string => `${kind} ${/\n {4}at [^\n]*/.exec(why)?.[0] ?? why.slice(0, 60)}`;
