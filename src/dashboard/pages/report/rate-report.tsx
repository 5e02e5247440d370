// The report of a learning rate range test: the curve, and the rates that it suggests.
import type { RateReport as Report } from '../../../contract/rate-report.js';
import { Chart } from '../../chart/chart.js';
import { number, some, tick } from '../../format.js';
import { CopyButton } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';

export function RateReport({ report: { points, suggestion: { valley, minimum }, diverged, trainable } }: { report: Report }) {
  const x = points.map((point) => Math.log10(point.learning_rate));
  const marks = [{ rate: valley, label: 'valley' }, { rate: minimum, label: 'minimum / 10' }].flatMap(({ rate, label }) => (rate === null ? [] : [{ x: Math.log10(rate), label }]));
  const rate = (value: number | null) => (value === null ? 'the curve is too short to say' : <>{number(value)} <CopyButton text={String(value)} /></>);
  return (
    <>
      <section class="panel finding" aria-label="Verdict">
        <h2>{valley === null ? 'No rate can be suggested' : <>Suggested learning rate: {number(valley)}</>}</h2>
        <p class="quiet">Rates grew until {diverged ? 'the loss was four times its best' : 'the last step'}; {some(trainable.length, 'layer')} learnt.</p>
        <Facts rows={[['Valley: half-way down the longest fall', rate(valley)], ['A tenth of the rate of the lowest loss', rate(minimum)]]} />
      </section>
      <section class="panel">
        <Chart
          title="Smoothed loss by learning rate" xLabel="learning rate" marks={marks} formatX={(value) => number(10 ** value)} tickY={(value) => tick('loss', value)} tickX={(value) => (Number.isInteger(value) ? `1e${value}` : '')}
          series={[{ label: 'smoothed loss', place: 0, x, y: points.map((point) => point.smoothed_loss) }]}
        />
      </section>
    </>
  );
}
