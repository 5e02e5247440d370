// F29: the process that trains gets no more memory.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @type {import('./fault.mjs').Fault} */
export const littleMemory = {
  id: 'F29',
  what: 'prlimit gives each process that trains the job no more address space than it has',
  holds: 'the job fails OUT_OF_MEMORY after at most three starts; API and worker live on and the next job succeeds',
  times: 50,
  cannot: () => run('prlimit', ['--version']).then(() => undefined, () => 'there is no prlimit'),
  async round(rig) {
    const service = await rig.service();
    // Wide enough to need more than is at hand when it begins.
    const hungry = { type: 'pretrain', model: { architecture: 'mlp', hidden: [4096, 4096] }, training: { epochs: 50, seed: 7 } };
    const job = await rig.jobs.accept(hungry, { ends: ['failed'] });
    const [worker] = await service.workers();
    rig.strike('no more memory');
    const bound = new Set();
    const ended = await rig.until('the hungry job has failed', async () => {
      for (const { pid } of await service.trainers(job.id)) {
        if (bound.has(pid)) continue;
        bound.add(pid);
        const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
        const kilobytes = Number(/^VmSize:\s+(\d+)/m.exec(status)?.[1] ?? 0);
        await run('prlimit', ['--pid', String(pid), `--as=${kilobytes * 1024}`]).catch(() => undefined); // it may have ended
      }
      const view = await rig.jobs.view(job);
      return view?.status === 'failed' && view;
    }, 120);
    if (ended.error.code !== 'OUT_OF_MEMORY') rig.found('other', `the job failed with ${ended.error.code} instead of OUT_OF_MEMORY`);
    if (bound.size > 3) rig.found('other', `the hungry job was started ${bound.size} times`);
    if ((await service.workers())[0]?.pid !== worker?.pid) rig.found('other', 'the worker did not live on');
    await rig.jobs.accept(rig.jobs.brief());
  },
};
