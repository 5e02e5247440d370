// The few requests of the demo, as the README's curl makes them, with live progress.
import { openAsBlob } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * @param {string} url
 * @param {NodeJS.WriteStream} out
 */
export function apiOf(url, out) {
  /** @param {string} path @param {RequestInit} [init] */
  const request = async (path, init) => {
    const answer = await fetch(url + path, init);
    /** @type {any} */
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${body.detail}${body.errors?.map((/** @type {any} */ e) => ` [${e.pointer}]`).join('') ?? ''}`);
    return body;
  };
  /** @param {object} body */
  const json = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  return {
    /** Makes a data set, from a folder of IDX files or drawn, and waits until it is ready. Returns its id. */
    async dataset(/** @type {string} */ name, /** @type {string | undefined} */ folder, /** @type {string} */ generator) {
      const made = await request('/v1/datasets', folder ? { method: 'POST', body: await formOf(name, folder) } : json({ name, generate: { name: generator } }));
      for (;;) {
        const dataset = await request(`/v1/datasets/${made.id}`);
        if (dataset.status === 'ready') {
          const { train, test } = dataset.content.parts;
          out.write(`${name}: ${train.examples} training and ${test.examples} test examples (${folder ? 'IDX files' : generator})\n`);
          return dataset.id;
        }
        if (dataset.status === 'invalid') throw new Error(`${name}: ${dataset.error.message}`);
        await delay(POLL_MS);
      }
    },

    /** Submits a job, shows how it goes, waits for its end. Returns it. */
    async job(/** @type {string} */ title, /** @type {object} */ spec) {
      const { id } = await request('/v1/jobs', json(spec));
      for (;;) {
        const job = await request(`/v1/jobs/${id}`);
        showProgress(out, title, job);
        if (job.status === 'succeeded') return job;
        if (job.error) throw new Error(`${title}: ${job.error.message}`);
        await delay(POLL_MS);
      }
    },
  };
}

/** @param {string} name @param {string} folder */
async function formOf(name, folder) {
  const form = new FormData();
  form.set('name', name);
  for (const file of (await readdir(folder)).filter((entry) => /idx[13]-ubyte/.test(entry)).sort()) {
    form.append('file', await openAsBlob(join(folder, file)), file);
  }
  return form;
}

/**
 * One line that is written over on a terminal; elsewhere one line an epoch.
 * @param {NodeJS.WriteStream} out
 * @param {string} title
 * @param {any} job
 */
function showProgress(out, title, job) {
  const { progress, metrics, status } = job;
  const rate = progress?.examples_per_second ? `${progress.examples_per_second.toLocaleString('en')} examples/s` : '';
  const accuracy = metrics.accuracy === undefined ? '' : `train accuracy ${percent(metrics.accuracy)}`;
  const text = `${title}: ${status} ${progress ? `${progress.percent.toFixed(0)} %` : ''} ${accuracy} ${rate}`;
  if (out.isTTY) {
    out.write(`\r\u001b[K${text}${status === 'succeeded' ? '\n' : ''}`);
    return;
  }
  const mark = `${job.id} ${status} ${progress?.run} ${progress?.epoch}`;
  if (mark !== lastMark) out.write(`${text}\n`);
  lastMark = mark;
}
let lastMark = '';

/** @param {number} part 0..1 */
export const percent = (part) => `${(100 * part).toFixed(2)} %`;
