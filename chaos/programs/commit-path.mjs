// Goes once through everything that the service commits: a data set and jobs accepted and queued, a bundle staged and published,
// a job cancelled, records removed. Waits for a line before it begins, so that a tracer can be attached; tells each step that is
// done, in one line, before it goes on. A step that fails is told and the last.
//   node commit-path.mjs STORE SOCKET DATASET
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { acceptGenerated } from '../../dist/datasets/accept.js';
import { cancelJob, deleteJob } from '../../dist/jobs/control.js';
import { deleteDataset } from '../../dist/jobs/deletion.js';
import { submitJob } from '../../dist/jobs/submit.js';
import { publish, stageBundle } from './attempt.mjs';
import { openRooms } from './rooms.mjs';

const [folder = '', socketPath = '', dataset = ''] = process.argv.slice(2);
const rooms = await openRooms(folder, socketPath);
/** Told at once: what is told is done, whatever happens to this process next. @param {object} facts */
const tell = (facts) => void writeSync(1, `${JSON.stringify(facts)}\n`);

tell({ ready: true });
await once(process.stdin, 'data');

/** @type {import('../../dist/contract/job-request.js').JobRequest} */
const request = { type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1 } };
try {
  const unread = await acceptGenerated(rooms.store, { generate: { name: 'glyph_digits', examples: 100 } });
  await rooms.queue.add('ingest', unread, 5);
  tell({ step: 'dataset accepted', id: unread });
  const { job: { id: job } } = await submitJob(rooms, request);
  tell({ step: 'job accepted', id: job });
  await publish(rooms, job, 1, await stageBundle(rooms, job, 1));
  tell({ step: 'bundle published', id: job });
  const { job: { id: unwanted } } = await submitJob(rooms, request);
  tell({ step: 'job accepted', id: unwanted });
  await cancelJob(rooms, unwanted);
  tell({ step: 'job cancelled', id: unwanted });
  await deleteJob(rooms.store, unwanted);
  tell({ step: 'job removed', id: unwanted });
  await deleteDataset(rooms, unread);
  tell({ step: 'dataset removed', id: unread });
} catch (problem) {
  tell({ failed: /** @type {any} */ (problem).code ?? String(problem) });
}
process.exit(0);
