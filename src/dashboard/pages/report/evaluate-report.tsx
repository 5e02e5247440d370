// The report of an evaluation: what the model is worth on a data set, and whether another is worth more.
import type { AgainstModel, EvaluateReport as Report, EvaluationVerdict, SlicedBy } from '../../../contract/evaluate-report.js';
import type { Job } from '../../../contract/job.js';
import type { EvaluateSpec } from '../../../contract/untrained-specs.js';
import { metric, number, percent, shortId, signed, some, whole, words } from '../../format.js';
import { Cells } from '../../parts/cells.js';
import { href } from '../../route.js';
import { Calibration } from './calibration.js';
import { Confusion } from './confusion.js';
import { Examples } from './examples.js';
import { span, withInterval } from './writing.js';

const SAYINGS: Readonly<Record<EvaluationVerdict, string>> = { better: '▲\u00a0The model is better', worse: '▼\u00a0The model is worse', cannot_tell: '◆\u00a0It cannot be told which is better' };

export function EvaluateReport({ report, job }: { report: Report; job: Job }) {
  const { model, dataset, examples, parts, metrics, bootstrap, classes, labels, confusion_matrix: matrix, calibration, slices, against, task } = report;
  return (
    <>
      <section class="panel finding" aria-label="Result">
        <h2>{metrics.filter(({ name }) => !name.endsWith('loss')).map(({ name, value }) => `${words(name.replace(/^test_/, ''))} ${metric(name, value)}`).join(', ')}</h2>
        <p><a href={href(['models', model])}>{shortId(model)}</a> on {some(examples, 'example')} of <a href={href(['datasets', dataset])}>{shortId(dataset)}</a> ({parts.map(({ part }) => part).join(', ')}).</p>
        <Cells
          label="Metrics" titles={['Metric', '#Value', '#95 % interval']}
          rows={metrics.map(({ name, value, interval }) => [words(name), metric(name, value), interval && span(interval, (edge) => metric(name, edge))])}
        />
        <p class="quiet">Intervals are percentiles over {whole(bootstrap.resamples)} resamples of the examples, seed {bootstrap.seed}.</p>
      </section>
      {against && <Against of={against} />}
      {classes && (
        <section class="panel">
          <h2>Class by class</h2>
          <Cells
            label="Class by class" isTall={classes.length > 12} titles={['Class', '#Examples', '#Taken for it', '#Recall (95 %)', '#Precision (95 %)', '#F1']}
            rows={classes.map(({ name, examples: of, predicted, recall, precision, f1 }) => [name, whole(of), whole(predicted), withInterval(recall), withInterval(precision), f1 !== null && percent(f1)])}
          />
        </section>
      )}
      <div class="grid">
        {matrix && <Confusion matrix={matrix} names={labels} />}
        {calibration && <Calibration of={calibration} />}
      </div>
      {slices.map((one) => <Slices key={one.column} of={one} />)}
      <Examples id={job.id} names={task === 'classification' ? (job.spec as EvaluateSpec).model.labels : []} dataset={dataset} />
    </>
  );
}

function Against({ of: { model, differences, mcnemar, verdict, why } }: { of: AgainstModel }) {
  return (
    <section class="panel">
      <h2>{SAYINGS[verdict]}</h2>
      <p>{why} It was held against <a href={href(['models', model])}>{shortId(model)}</a>.</p>
      <Cells
        label="Differences" titles={['Metric', '#How much better', '#95 % interval']}
        rows={differences.map(({ name, value, interval }) => [words(name), signed(value), interval && span(interval, (edge) => signed(edge))])}
      />
      {mcnemar && <p class="quiet">McNemar ({words(mcnemar.test)}): {some(mcnemar.only_model, 'example')} only this model has right, {whole(mcnemar.only_against)} only the other, {whole(mcnemar.both_right)} both, {whole(mcnemar.both_wrong)} neither; p = {number(mcnemar.p_value)}.</p>}
    </section>
  );
}

function Slices({ of: { column, kind, slices } }: { of: SlicedBy }) {
  const names = [...new Set(slices.flatMap(({ metrics }) => Object.keys(metrics)))];
  return (
    <section class="panel">
      <h2>By {column}</h2>
      <Cells
        label={`By ${column}`} isTall={slices.length > 12} titles={[kind === 'class' ? 'Class' : 'Value', '#Examples', ...names.map((name) => `#${words(name)}`), '#Accuracy (95 %)']}
        rows={slices.map(({ name, examples, accuracy, metrics }) => [name, whole(examples), ...names.map((one) => metrics[one] !== undefined && metric(one, metrics[one])), withInterval(accuracy)])}
      />
    </section>
  );
}
