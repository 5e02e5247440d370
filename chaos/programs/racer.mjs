// One of two that race to publish the same job. Reads "JOB ATTEMPT" lines: the first stages a bundle, "go" publishes it.
//   node racer.mjs STORE SOCKET
import { createInterface } from 'node:readline';
import { conclude } from '../../dist/jobs/settle.js';
import { publish, stageBundle } from './attempt.mjs';
import { openRooms } from './rooms.mjs';

const [folder = '', socketPath = ''] = process.argv.slice(2);
const rooms = await openRooms(folder, socketPath);
const tell = (/** @type {object} */ facts) => void process.stdout.write(`${JSON.stringify(facts)}\n`);
tell({ ready: true });

/** @type {{ id: string, attempt: number, staging: import('../../dist/store/store.js').Staging } | undefined} */
let staged;
for await (const line of createInterface(process.stdin)) {
  if (line === 'go' && staged) {
    await publish(rooms, staged.id, staged.attempt, staged.staging).catch(requireLost(staged.id));
    tell({ done: staged.id });
  } else {
    const [id = '', attempt] = line.split(' ');
    staged = { id, attempt: Number(attempt), staging: await stageBundle(rooms, id, Number(attempt)) };
    tell({ staged: id });
  }
}
await rooms.close();

/**
 * Who comes second may find its bundle taken away under its hands. A worker then gives the job back and finds it decided when it
 * has it again.
 * @param {string} id
 */
function requireLost(id) {
  return async (/** @type {unknown} */ problem) => {
    if (!(await conclude(rooms.store, rooms.events, id))) throw problem;
  };
}
