// A state in a word, a shape and a colour: whoever cannot tell one has the others (WCAG 1.4.1).
import type { JobStatus } from '../../contract/job-states.js';
import type { DatasetStatus } from '../../contract/dataset.js';
import { words } from '../format.js';

export type AnyStatus = JobStatus | DatasetStatus | 'importing';

type Tone = 'wait' | 'work' | 'good' | 'bad' | 'off';
const TONES: Readonly<Record<AnyStatus, Tone>> = {
  queued: 'wait', preparing: 'work', running: 'work', finalizing: 'work', stopping: 'work', pausing: 'work', cancelling: 'work',
  paused: 'wait', succeeded: 'good', failed: 'bad', cancelled: 'off', expired: 'bad',
  uploading: 'work', validating: 'work', importing: 'work', ready: 'good', invalid: 'bad',
};
/** On 16 × 16. */
const SHAPES: Readonly<Record<Tone | 'paused', string>> = {
  wait: 'M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z M8 5.5V8l2 1.5',
  paused: 'M6 4v8 M10 4v8',
  work: 'M5 3.5v9l7.5-4.5Z',
  good: 'M3 8.5l3.5 3.5L13 4.5',
  bad: 'M8 2.5l6 11H2Z M8 6.5v3 M8 11.3v.4',
  off: 'M4 4l8 8 M12 4l-8 8',
};

export function Status({ of: status }: { of: AnyStatus }) {
  const tone = TONES[status];
  return (
    <span class={`status ${tone}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d={SHAPES[status === 'paused' ? 'paused' : tone]} /></svg>
      {words(status)}
    </span>
  );
}
