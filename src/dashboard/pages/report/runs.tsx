// Runs: in pairs by seed, and each on the test part beside what there was before.
import type { Task } from '../../../contract/task.js';
import type { Comparison, Forgetting as Lost, Measured, TransferReport } from '../../../contract/transfer-report.js';
import { rangeOf } from '../../chart/scale.js';
import { Whisker } from '../../chart/whisker.js';
import { number, whole, words } from '../../format.js';
import { Cells } from '../../parts/cells.js';
import { withInterval, writingOf, type Writing } from './writing.js';

export function Pairs({ comparison: { pairs, metric }, write }: { comparison: Comparison; write: Writing }) {
  const range = rangeOf(pairs.flatMap(({ transfer, scratch }) => [transfer, scratch]));
  return (
    <section class="panel">
      <h2>In pairs, by seed</h2>
      <p class="quiet">Both runs of a seed take as many steps and the same order of data. The full dot is transfer, the ring is from scratch: {words(metric)}.</p>
      <Cells
        label="Pairs of runs by seed" titles={['#Seed', '#Transfer', '#Scratch', '-Both', '#Difference']}
        rows={pairs.map(({ seed, transfer, scratch, difference }) => [seed, write.value(transfer), write.value(scratch), <Whisker key="both" range={range} value={transfer} other={scratch} />, write.difference(difference)])}
      />
    </section>
  );
}

interface Row extends Measured {
  name: string;
  seed?: number;
  steps?: number | null;
}
const OTHERS = ['test_rmse', 'test_mae', 'test_r2', 'test_loss'];

export function Runs({ report: { before, linear_probe: probe, runs } }: { report: TransferReport }) {
  const rows: Row[] = [{ name: 'before training', ...before }, ...(probe ? [{ name: 'linear probe', ...probe }] : []), ...runs.map((run) => ({ name: run.run, ...run }))];
  const intervals = rows.flatMap(({ accuracy }) => accuracy?.interval ?? []);
  const range = rangeOf(intervals);
  const others = OTHERS.filter((name) => rows.some(({ metrics }) => metrics[name] !== undefined));
  const isClasses = intervals.length > 0;
  return (
    <section class="panel">
      <h2>On the test part</h2>
      <Cells
        label="Runs on the test part" titles={['Run', '#Seed', '#Steps', isClasses && '#Accuracy (95 %)', isClasses && '-Interval, drawn', ...others.map((name) => `#${words(name.slice(5))}`)]}
        rows={rows.map(({ name, seed, steps, metrics, accuracy }) => [
          name, seed, typeof steps === 'number' && whole(steps),
          ...(isClasses ? [withInterval(accuracy), accuracy && <Whisker key="interval" range={range} value={accuracy.value} interval={accuracy.interval} />] : []),
          ...others.map((other) => metrics[other] !== undefined && number(metrics[other])),
        ])}
      />
      {probe && <p class="quiet">The linear probe is what layer <code>{probe.layer}</code> gave before training, with an output layer on it that was solved on {whole(probe.train_examples)} examples{probe.converged ? '' : ', as far as its iterations went'}.</p>}
    </section>
  );
}

/** What the base knew, before and after. */
export function Forgetting({ of: { before, after, difference, examples }, task }: { of: Lost; task: Task }) {
  const names = Object.keys(after.metrics);
  const row = (name: string, { metrics }: Measured) => [name, ...names.map((metric) => metrics[metric] !== undefined && number(metrics[metric]))];
  return (
    <section class="panel">
      <h2>Forgetting</h2>
      <p>On {whole(examples)} test examples of the data set that the base model learnt from: {writingOf(task).difference(difference)}. It has {difference < 0 ? 'forgotten' : 'not forgotten'}.</p>
      <Cells label="Before and after" titles={['Model', ...names.map((name) => `#${words(name)}`)]} rows={[row('base model', before), row('this model', after)]} />
    </section>
  );
}
