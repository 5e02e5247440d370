// backup: the data folder is copied while jobs run, and another service is started on the copy.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../checker.mjs';
import { COPIES } from '../copy.mjs';
import { Rig } from '../rig.mjs';
import { drawnInstant } from '../until.mjs';

/** @typedef {import('../jobs.mjs').AcceptedJob} AcceptedJob */

/** What earlier rounds of a campaign accepted: all of it is in every later copy. @type {WeakMap<Rig, { jobs: AcceptedJob[], deleted: string[] }>} */
const kept = new WeakMap();

/** @type {import('./fault.mjs').Fault} */
export const backup = {
  id: 'backup',
  what: 'the data folder, or its store alone, is copied by cp, by tar, or in any order with pauses, while jobs train, end, are stopped and cancelled, and a service is started on the copy',
  holds: 'what was accepted before the copy is in it, once; what is only half in it is made again to the same bytes, or ends with COPY_INCOMPLETE; the service that was copied goes on undisturbed',
  times: 40,
  settings: { WORKERS: '2' },
  async round(rig) {
    const before = kept.get(rig) ?? { jobs: [], deleted: [] };
    await rig.service();
    await rig.jobs.reference(rig.jobs.brief());
    await rig.jobs.reference(rig.jobs.lasting());
    const isStopped = rig.random.pick([true, false, false]);
    const lasting = await rig.jobs.accept(isStopped ? rig.jobs.lasting(150) : rig.jobs.lasting());
    const briefs = [];
    while (briefs.length < 4) briefs.push(await rig.jobs.accept(rig.jobs.brief()));
    const [base, , unwanted, cancelled] = briefs;
    await rig.jobs.training(lasting);
    await rig.jobs.cancel(cancelled);
    cancelled.ends = ['cancelled', 'succeeded'];
    const accepted = [...before.jobs, ...rig.jobs.accepted];
    const endsBefore = new Map(accepted.map((job) => [job.id, job.ends]));

    const copy = new Rig({ folder: join(rig.folder, `copy-${rig.round}`), seed: rig.seed, fault: rig.fault, timers: rig.timers, soakMinutes: 0 });
    rig.atEnd(() => copy.close());
    const how = rig.random.pick(Object.keys(COPIES));
    const part = rig.random.pick(['', 'store']);
    await mkdir(join(copy.dataFolder, part), { recursive: true, mode: 0o700 });
    await drawnInstant(rig.random.between(0, 2));
    const copying = COPIES[how](join(rig.dataFolder, part), join(copy.dataFolder, part), rig.random);
    const during = change();
    await copying;
    rig.strike('a copy', { how, part });
    await during;

    try {
      copy.begin(rig.round ?? 0, 0);
      const holds = (/** @type {AcceptedJob} */ { id }) => existsSync(join(copy.dataFolder, 'store', 'jobs', id, 'job.json'));
      // What was asked while it was copied may be in it or not.
      copy.jobs.accepted = [...before.jobs, ...rig.jobs.accepted].filter((job) => endsBefore.has(job.id) || holds(job)).map((job) => ({ ...job, ends: [...new Set([...job.ends, ...(endsBefore.get(job.id) ?? [])])] }));
      const stopped = isStopped && copy.jobs.accepted.find(({ id }) => id === lasting.id);
      if (stopped) stopped.ends = ['succeeded', 'failed'];
      const startedMs = performance.now();
      const service = await copy.service();
      rig.recovered('a start on the copy', (performance.now() - startedMs) / 1_000);
      await check(copy);
      if (!service.log().includes('the copy of the data folder is put right')) copy.found('other', 'the service did not see that its data folder is a copy');
      const error = stopped && (await copy.jobs.view(stopped))?.error;
      if (error && error.code !== 'COPY_INCOMPLETE') copy.found('lost', `a stopped job failed with ${error.code}`);
      const models = await readdir(join(copy.dataFolder, 'store', 'models'));
      for (const id of before.deleted) if (models.includes(id)) copy.found('duplicated', `models/${id} is there though it was deleted`);
      await service.stop();
    } finally {
      await copy.close();
    }
    for (const { kind, text } of copy.findings) rig.found(kind, `in the copy (${how} of ${part || 'all'}): ${text}`);
    if (copy.findings.length === 0) await rm(copy.folder, { recursive: true, force: true });

    // For later copies: a model that is deleted stays so.
    const model = await rig.jobUntil(`${unwanted.id} has a model`, async () => {
      const view = await rig.jobs.view(unwanted);
      return view?.status === 'succeeded' && view.model;
    });
    if (!isStopped) await rig.jobUntil(`${lasting.id} has ended`, async () => (await rig.jobs.view(lasting))?.finished_at);
    await check(rig);
    await rig.client.remove(`/v1/models/${model}`);
    const jobs = rig.jobs.accepted.filter(({ id }) => id !== unwanted.id);
    kept.set(rig, { jobs: [...before.jobs, ...jobs], deleted: [...before.deleted, model] });
    rig.jobs.accepted = jobs;

    /** What callers do while the copy is made. */
    async function change() {
      await rig.client.post('/v1/datasets', { generate: { name: 'glyph_letters', examples: 600, seed: rig.round } });
      const started = await rig.jobs.accept(rig.jobs.brief());
      if (isStopped) await rig.client.post(`/v1/jobs/${lasting.id}/stop`, {});
      const model = (await rig.jobs.view(base))?.model;
      if (model) await rig.jobs.accept({ type: 'fine_tune', base_model: model, transfer: { kind: 'parameter' }, training: { epochs: 1, seed: 7 } });
      const { outcome } = await rig.jobs.cancel(started);
      started.ends = outcome === 'ok' ? ['cancelled', 'succeeded'] : ['succeeded'];
    }
  },
};
