// The report of a data set: warnings first, then how classes lie, samples, statistics, and the rows that could not be read.
import type { Dataset } from '../../../contract/dataset.js';
import type { DatasetReport } from '../../../contract/dataset-report.js';
import { some, whole } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { Facts } from '../../parts/facts.js';
import { Loaded } from '../../parts/loaded.js';
import { client } from '../../session.js';
import { ClassBalance } from './class-balance.js';
import { ProblemRows } from './problem-rows.js';
import { Samples } from './samples.js';
import { Statistics } from './statistics.js';
import { Warnings } from './warnings.js';

export function Report({ dataset }: { dataset: Dataset }) {
  const { id, content } = dataset;
  const live = useLive(`report ${id}`, (signal) => client.value.datasets.report(id, { signal }));
  return (
    <Loaded live={live}>
      {(report) => (
        <>
          <Warnings id={id} report={report} content={content} />
          <div class="grid spaced">
            {report.findings !== null && report.findings.classes.length > 0 && <ClassBalance findings={report.findings} />}
            {content !== null && <Samples id={id} content={content} sheet={report.findings?.preview ?? null} />}
          </div>
          {report.findings !== null && content !== null && <div class="grid spaced"><Statistics findings={report.findings} content={content} /><Rows report={report} /></div>}
          {report.problems.total > 0 && <ProblemRows id={id} problems={report.problems} />}
        </>
      )}
    </Loaded>
  );
}

function Rows({ report: { rows, findings } }: { report: DatasetReport }) {
  const { duplicates } = findings!;
  const { across_parts: across, within_parts: within, near, checked_share: share } = duplicates;
  const both = ({ exact, near: nearly }: { exact: number; near: number }): string => (near.checked ? `${whole(exact)} the same, ${whole(nearly)} nearly` : whole(exact));
  return (
    <section class="panel">
      <h2>Rows and duplicates</h2>
      <Facts
        rows={[
          ['Read', whole(rows.read)],
          ['Left out', whole(rows.skipped)],
          ['Twice within a part', both(within)],
          ['In an earlier part too', both(across)],
          ['Same input, other class', some(duplicates.label_conflicts, 'input')],
          share < 1 && ['Looked at', `${(100 * share).toFixed(1)}\u00a0% of all rows`],
        ]}
      />
      {!near.checked && <p class="quiet">Near duplicates are looked for among pictures alone.</p>}
      {near.checked && !near.complete && <p class="quiet">There were too many pictures alike to compare all of them.</p>}
    </section>
  );
}
