// A job that is submitted for its report: followed to its end, then shown, unless nobody wants to wait.
import type { AnyJobRequest } from '../client/index.js';
import type { Ending } from './exit-codes.js';
import { line, note } from './output.js';
import type { Session } from './session.js';
import { showJob } from './show.js';
import { showReport } from './show-report.js';
import { watch } from './watch.js';

type Report = Awaited<ReturnType<Session['client']['jobs']['report']>>;

/** @param isDetached it is submitted and shown, no more @returns how the job ended, and the report that was shown */
export async function reportOf(session: Session, request: AnyJobRequest, isDetached: boolean | undefined): Promise<{ ending: Ending; report?: Report }> {
  const { client, signal, json, show } = session;
  const job = await client.jobs.submit(request, { signal });
  if (isDetached) {
    show(job, showJob);
    return { ending: 'ok' };
  }
  if (!json) note(`${job.id} is submitted; Ctrl-C leaves it running.`);
  const ending = await watch(session, job.id, undefined);
  if (ending !== 'ok') return { ending };
  const report = await client.jobs.report(job.id, { signal });
  if (json) line(report);
  else showReport(report);
  return { ending, report };
}
