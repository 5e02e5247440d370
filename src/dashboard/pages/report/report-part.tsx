// What a job came to: the report of its kind.
import { useMemo, useState } from 'preact/hooks';
import type { Job } from '../../../contract/job.js';
import type { Rootstock } from '../../../client/index.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { hand } from '../../parts/file-rows.js';
import { Loaded } from '../../parts/loaded.js';
import { Problem } from '../../parts/problem.js';
import { client } from '../../session.js';
import { WITHOUT_PAGE } from '../job-kinds.js';
import { CompareReport } from './compare-report.js';
import { EvaluateReport } from './evaluate-report.js';
import { ExplainReport } from './explain-report.js';
import { ExportReport } from './export-report.js';
import { RateReport } from './rate-report.js';
import { TransferReport } from './transfer-report.js';

type AnyReport = Awaited<ReturnType<Rootstock['jobs']['report']>>;

export function ReportPart({ job }: { job: Job }) {
  const { id, type } = job;
  const live = useLive(`report ${id} ${job.status}`, (signal) => client.value.jobs.report(id, { signal }));
  return (
    <>
      <div class="row end">
        {!WITHOUT_PAGE.includes(type) && live.data && <Page id={id} />}
        <CopyAs request={{ method: 'GET', path: `/v1/jobs/${id}/report`, call: `jobs.report('${id}')`, command: `jobs report ${id}` }} />
      </div>
      <Loaded live={live}>
        {(report) => <Body report={report} job={job} />}
      </Loaded>
    </>
  );
}

/** The job is asked for every second: a report does not change, and its drawings are left alone. */
function Body({ report, job }: { report: AnyReport; job: Job }) {
  return useMemo(() => {
    if (report.object === 'transfer_report') return <TransferReport report={report} job={job} />;
    if (report.object === 'compare_report') return <CompareReport report={report} />;
    if (report.object === 'evaluate_report') return <EvaluateReport report={report} job={job} />;
    if (report.object === 'explain_report') return <ExplainReport report={report} />;
    return report.object === 'export_report' ? <ExportReport report={report} /> : <RateReport report={report} />;
  }, [report]);
}

/** The same as a page that stands alone. A link would not carry the key. */
function Page({ id }: { id: string }) {
  const [failure, setFailure] = useState<unknown>();
  const take = (): Promise<void> => client.value.jobs.reportPage(id).then((page) => hand(`${id}-report.html`, new Blob([page], { type: 'text/html' })), setFailure);
  return <>{failure !== undefined && <Problem of={failure} />}<button type="button" onClick={() => void take()}>Download as a page</button></>;
}
