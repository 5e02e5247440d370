// npm run fuzz: has the readers of every format read damaged input, and reports what crashes, holds up or confuses them.
import { parseArgs } from 'node:util';
import { fuzz, type Outcome } from './campaign.js';
import { TARGETS, targetOf, type Target } from './targets.js';

const usage = `Usage: npm run fuzz -- [--target zip,csv] [--minutes N] [--seed S] [--keep]

  --target   these alone: ${TARGETS.map(({ name }) => name).join(', ')}
  --minutes  for each target (default 10)
  --seed     draws the changes; which inputs are changed depends on what was reached before (default 1)
  --keep     makes the corpus in test/fuzz/corpus/ anew, of the inputs that reach most

What fails is kept in test/fuzz/found/ and read by every npm test from then on.
Exit status: 0 nothing was found, 1 something was, 2 wrong usage.`;

function refuse(problem: string): never {
  process.stderr.write(`${problem}\n${usage}\n`);
  process.exit(2);
}

function readOptions(): { targets: readonly Target[]; minutes: number; seed: number; keeps: boolean } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ options: { target: text, minutes: { ...text, default: '10' }, seed: { ...text, default: '1' }, keep: flag, help: flag } });
    if (values.help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
    if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new RangeError('--minutes takes a number above 0, --seed a whole number.');
    return { targets: values.target?.split(',').map(targetOf) ?? TARGETS, minutes, seed, keeps: values.keep };
  } catch (problem) {
    return refuse((problem as Error).message);
  }
}

const row = ({ name }: Target, { inputs, seconds, places, interesting, answers, slowestMs, findings }: Outcome): string => {
  const refused = [...answers].filter(([answer]) => answer !== 'ready').length;
  const cells = [name, (seconds / 60).toFixed(1), inputs.toLocaleString('en'), (answers.get('ready') ?? 0).toLocaleString('en'), refused, places.toLocaleString('en'), interesting, `${Math.round(slowestMs)} ms`, findings.length];
  return `| ${cells.join(' | ')} |\n`;
};

const { targets, minutes, seed, keeps } = readOptions();
process.stdout.write('| target | minutes | inputs | read | codes | places | inputs that led on | slowest | findings |\n|---|---|---|---|---|---|---|---|---|\n');
for (const target of targets) {
  const outcome = await fuzz(target, {
    seed, keeps, ms: 60_000 * minutes,
    onFinding: ({ kind, why, kept }) => process.stderr.write(`${target.name}: ${kind}, ${kept ? `kept as test/fuzz/found/${target.name}/${kept}` : 'which a fresh process does not show'}: ${why}\n`),
  });
  process.stdout.write(row(target, outcome));
  process.stderr.write(`${target.name}: ${[...outcome.answers].map(([answer, count]) => `${answer} ${count}`).join(', ')}\n`);
  if (outcome.findings.length > 0) process.exitCode = 1;
}
