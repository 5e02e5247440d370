// F20: clients go away in the middle of an upload.
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { drawnInstant } from '../until.mjs';

const UPLOADS = 50;
const PROMISED_BYTES = 50_000_000;
const GONE_WITHIN_SECONDS = 5;
/** Connections that Node.js itself has not closed yet. */
const SPARE_DESCRIPTORS = 10;

/** @type {import('./fault.mjs').Fault} */
export const abortedUpload = {
  id: 'F20',
  what: 'uploads end in the middle, without a word',
  holds: `nothing of them is left in the store after ${GONE_WITHIN_SECONDS} s, no file descriptor either`,
  times: 500,
  timesProduction: 0,
  async round(rig) {
    const service = await rig.service();
    const datasetsBefore = await names(rig, 'datasets');
    const descriptors = async () => (await readdir(`/proc/${service.pid}/fd`)).length;
    const descriptorsBefore = await descriptors();
    const uploads = Math.min(UPLOADS, rig.left ?? UPLOADS);
    await Promise.all(Array.from({ length: uploads }, () => abortedAt(rig, service.url)));
    for (const place of ['staging', 'tmp']) {
      await rig.recovers(`${place}/ is empty`, async () => (await names(rig, place)).length === 0, GONE_WITHIN_SECONDS);
    }
    if ((await names(rig, 'datasets')).join() !== datasetsBefore.join()) rig.found('other', 'an upload that was not whole is a data set');
    await rig.until('no file descriptor is left over', async () => (await descriptors()) <= descriptorsBefore + SPARE_DESCRIPTORS, GONE_WITHIN_SECONDS);
  },
};

/** @param {import('../rig.mjs').Rig} rig @param {string} place */
const names = (rig, place) => readdir(join(rig.dataFolder, 'store', place)).catch(() => []);

/** @param {import('../rig.mjs').Rig} rig @param {string} url */
async function abortedAt(rig, url) {
  const [part, waitSeconds] = [rig.random.whole(0, 300_000), rig.random.between(0, 0.5)];
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(PROMISED_BYTES) };
  const upload = request(`${url}/v1/datasets?name=unfinished&format=idx`, { method: 'POST', headers, agent: false });
  upload.on('error', () => undefined); // its end is the fault
  upload.write(Buffer.alloc(part, 1));
  await drawnInstant(waitSeconds);
  rig.strike('an upload ends', { sent_bytes: part });
  upload.destroy();
}
