// The report of a fine-tuning: the verdict, then what it stands on.
import type { Job } from '../../../contract/job.js';
import type { ResolvedSpec } from '../../../contract/training-specs.js';
import type { TransferReport as Report } from '../../../contract/transfer-report.js';
import { words } from '../../format.js';
import { Calibration } from './calibration.js';
import { Classes } from './classes.js';
import { Confusion } from './confusion.js';
import { Examples } from './examples.js';
import { Layers } from './layers.js';
import { GOODNESS, Interpolation, LOSS, ReportCurve } from './report-curves.js';
import { Forgetting, Pairs, Runs } from './runs.js';
import { Verdict } from './verdict.js';
import { writingOf } from './writing.js';

export function TransferReport({ report, job }: { report: Report; job: Job }) {
  const { comparison, task, curves, runs, classes, calibration, layers, forgetting, not_measured: missing } = report;
  // The first main run is the one that became the model.
  const { interpolation, confusion_matrix: matrix } = runs.find(({ role }) => role === 'main') ?? {};
  const { class_names: names, dataset } = job.spec as ResolvedSpec;
  return (
    <>
      <Verdict report={report} />
      <div class="masonry">
        {comparison && <Pairs comparison={comparison} write={writingOf(task)} />}
        <Runs report={report} />
        <ReportCurve curves={curves} wanted={GOODNESS} />
        <ReportCurve curves={curves} wanted={LOSS} />
      </div>
      {classes && <Classes classes={classes} />}
      <div class="grid">
        {matrix && <Confusion matrix={matrix} names={names} />}
        {calibration && <Calibration of={calibration} />}
      </div>
      <Examples id={job.id} names={names} dataset={dataset} />
      <div class="masonry">
        {layers.length > 0 && <Layers layers={layers} />}
        {missing.length > 0 && (
          <section class="panel">
            <h2>Not measured</h2>
            <ul>{missing.map(({ part, why }) => <li key={part}><b>{words(part)}</b>: {why}</li>)}</ul>
          </section>
        )}
        {interpolation && <Interpolation of={interpolation} />}
        {forgetting && <Forgetting of={forgetting} task={task} />}
      </div>
    </>
  );
}
