// Whether the model is right as often as it says it is.
import type { Calibration as Measured } from '../../../contract/transfer-report.js';
import { scaled } from '../../chart/scale.js';
import { number, percent, whole } from '../../format.js';
import { Facts } from '../../parts/facts.js';
import { Cells } from '../../parts/cells.js';

const SIZE = 300;
const MARKS = [0, 0.25, 0.5, 0.75, 1];
const x = scaled({ low: 0, high: 1 }, 44, SIZE - 12);
const y = scaled({ low: 0, high: 1 }, SIZE - 40, 12);

export function Calibration({ of: { bins, ece, temperature, examples } }: { of: Measured }) {
  const filled = bins.filter(({ accuracy }) => accuracy !== null);
  const most = Math.max(...bins.map((bin) => bin.examples));
  return (
    <section class="panel">
      <h2>Calibration</h2>
      <p class="quiet">Bars that reach the line are right as often as they say. Below it the model is too sure. Narrow bars hold few of the {whole(examples)} examples.</p>
      <svg class="plot square" viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={`Accuracy by confidence in ${filled.length} bins; the expected calibration error is ${percent(ece)}`}>
        {MARKS.map((mark) => (
          <g key={mark}>
            <line class="rail" x1={x(0)} x2={x(1)} y1={y(mark)} y2={y(mark)} />
            <text x={x(0) - 6} y={y(mark) + 4} text-anchor="end">{100 * mark} %</text>
            <text x={x(mark)} y={y(0) + 16} text-anchor="middle">{100 * mark} %</text>
          </g>
        ))}
        {filled.map(({ from, to, accuracy, confidence, examples: count }) => {
          const width = (x(to) - x(from) - 1) * (0.25 + 0.75 * (count / most));
          return <rect key={from} class="bar" x={(x(from) + x(to) - width) / 2} width={width} y={y(accuracy!)} height={y(0) - y(accuracy!)}><title>{`${whole(count)} examples: confidence ${percent(confidence!)}, accuracy ${percent(accuracy!)}`}</title></rect>;
        })}
        <line class="zero" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        <text x={x(0.5)} y={SIZE - 6} text-anchor="middle">confidence</text>
        <text x={x(0) + 6} y={24}>accuracy</text>
      </svg>
      <Facts
        rows={[
          ['Expected calibration error', percent(ece)],
          temperature !== null && ['Best temperature', `${number(temperature.value)}: ${temperature.value > 1 ? 'too sure' : 'not sure enough'}`],
          temperature !== null && ['Error with it', percent(temperature.ece)],
        ]}
      />
      <details>
        <summary>As a table</summary>
        <Cells
          label="Calibration, as a table" titles={['#From', '#To', '#Examples', '#Confidence', '#Accuracy']}
          rows={filled.map(({ from, to, examples: count, confidence, accuracy }) => [percent(from), percent(to), whole(count), percent(confidence!), percent(accuracy!)])}
        />
      </details>
    </section>
  );
}
