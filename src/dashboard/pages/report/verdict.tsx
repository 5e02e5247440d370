// The verdict, before all else: in a sentence, and drawn. Word, shape and colour say the same.
import type { Comparison, TransferReport, Verdict as Word } from '../../../contract/transfer-report.js';
import { marksOf, rangeOf, scaled } from '../../chart/scale.js';
import { some, words } from '../../format.js';
import { Facts } from '../../parts/facts.js';
import { span, writingOf, type Writing } from './writing.js';

const SAYINGS: Readonly<Record<Word, { text: string; shape: string; tone: string }>> = {
  helps: { text: 'Transfer helps', shape: 'M8 2l6 11H2Z', tone: 'good' },
  hurts: { text: 'Transfer hurts', shape: 'M8 14L2 3h12Z', tone: 'bad' },
  cannot_tell: { text: 'It cannot be told whether transfer helps', shape: 'M8 1.5L14.5 8 8 14.5 1.5 8Z', tone: 'wait' },
};

export function Verdict({ report: { verdict, why, comparison, task } }: { report: TransferReport }) {
  const { text, shape, tone } = SAYINGS[verdict];
  const write = writingOf(task);
  return (
    <section class={`panel finding ${tone}`} aria-label="Verdict">
      <h2 class={`status ${tone}`}><svg viewBox="0 0 16 16" aria-hidden="true"><path d={shape} fill="currentColor" /></svg>{text}</h2>
      <p>{why}</p>
      {comparison ? (
        <>
          <Differences comparison={comparison} write={write} />
          <Facts
            rows={[
              ['Compared by', words(comparison.metric)],
              ['Transfer, mean', write.value(comparison.transfer)],
              ['From scratch, mean', write.value(comparison.scratch)],
              ['Difference', write.difference(comparison.difference)],
              ['95 % interval', comparison.interval ? span(comparison.interval, write.difference) : 'none of one seed'],
              ['Pairs', some(comparison.seeds, 'seed')],
            ]}
          />
        </>
      ) : <p class="quiet">A fine-tuning with <code>{'"baseline": {"scratch": true, "seeds": 3}'}</code> trains the same network from fresh weights beside it.</p>}
    </section>
  );
}

/** In percent of the width, so that letters keep their size on a phone. */
const [LEFT, RIGHT] = [14, 96];

/** Each seed a ring, their mean a diamond, its interval a bar; the line is no difference. */
function Differences({ comparison: { pairs, difference, interval }, write }: { comparison: Comparison; write: Writing }) {
  const range = rangeOf([0, difference, ...pairs.map((pair) => pair.difference), ...(interval ?? [])]);
  const place = scaled(range, LEFT, RIGHT);
  const x = (value: number): string => `${place(value)}%`;
  const upright = (at: string, from: number, to: number, name: string) => <line key={at} class={name} x1={at} x2={at} y1={from} y2={to} />;
  return (
    <svg class="plot differences" role="img" aria-label={`Difference of transfer and scratch: ${write.difference(difference)}${interval ? `, between ${span(interval, write.difference)}` : ''}`}>
      {marksOf(range).map((mark) => <g key={mark}>{upright(x(mark), 18, 92, 'rail')}<text x={x(mark)} y={110} text-anchor="middle">{write.mark(mark)}</text></g>)}
      {upright(x(0), 14, 94, 'zero')}
      {place(0) > 50 && <text x={x(0)} dx={-8} y={12} text-anchor="end">← scratch better</text>}
      {place(0) < 60 && <text x={x(0)} dx={8} y={12}>transfer better →</text>}
      <text x={0} y={40}>seeds</text>
      <text x={0} y={74}>mean</text>
      {pairs.map((pair) => <circle key={pair.seed} class="other" cx={x(pair.difference)} cy={36} r={5}><title>{`Seed ${pair.seed}: ${write.difference(pair.difference)}`}</title></circle>)}
      {interval && <><line class="reach" x1={x(interval[0])} x2={x(interval[1])} y1={70} y2={70} />{interval.map((end) => upright(x(end), 62, 78, 'reach'))}</>}
      <svg x={x(difference)} y={70} overflow="visible"><path class="value" d="M-7 0l7 -7 7 7 -7 7Z" /></svg>
    </svg>
  );
}
