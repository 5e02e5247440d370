// A value with its interval, small, in a row of a table: rows of one range can be held against each other by eye. The numbers stand beside it.
import { scaled, type Range } from './scale.js';

const WIDTH = 108;
const MIDDLE = 10;

export interface WhiskerProps {
  range: Range;
  value: number;
  interval?: readonly [low: number, high: number] | null | undefined;
  /** A second value, drawn hollow and joined to the first. */
  other?: number | undefined;
}

export function Whisker({ range, value, interval, other }: WhiskerProps) {
  const x = scaled(range, 6, WIDTH - 6);
  return (
    <svg class="whisker" viewBox={`0 0 ${WIDTH} 20`} width={WIDTH} height={20} aria-hidden="true">
      <line class="rail" x1={0} x2={WIDTH} y1={MIDDLE} y2={MIDDLE} />
      {range.low < 0 && range.high > 0 && <line class="zero" x1={x(0)} x2={x(0)} y1={0} y2={20} />}
      {interval && <path class="reach" d={`M${x(interval[0])} 6v8M${x(interval[0])} ${MIDDLE}H${x(interval[1])}M${x(interval[1])} 6v8`} />}
      {other !== undefined && <><line class="reach" x1={x(value)} x2={x(other)} y1={MIDDLE} y2={MIDDLE} /><circle class="other" cx={x(other)} cy={MIDDLE} r={4} /></>}
      <circle class="value" cx={x(value)} cy={MIDDLE} r={4} />
    </svg>
  );
}
