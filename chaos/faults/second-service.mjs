// F38: a second service on the same data folder.

const GIVES_UP_WITHIN_SECONDS = 2;

/** @type {import('./fault.mjs').Fault} */
export const secondService = {
  id: 'F38',
  what: 'a second service with its own queue server is started on the same data folder while a job trains',
  holds: `it gives up within ${GIVES_UP_WITHIN_SECONDS} s with an exit status other than 0; the first goes on undisturbed`,
  times: 20,
  async round(rig) {
    const service = await rig.service();
    const { job } = await rig.jobs.inTraining(rig.jobs.lasting(40));
    const server = await service.queueServer();
    rig.strike('a second service');
    const { code, seconds } = await service.startSecond();
    if (code === 0) rig.found('other', 'the second service ended with exit status 0');
    rig.within('the second service', seconds, GIVES_UP_WITHIN_SECONDS);
    if ((await service.queueServer())?.pid !== server?.pid) rig.found('other', 'the queue server of the first service was replaced');
    const ended = await rig.until('the job of the first service ends', async () => {
      const view = await rig.jobs.view(job);
      return view?.status === 'succeeded' && view;
    });
    if (ended.attempt !== 1) rig.found('other', `the job of the first service needed ${ended.attempt} attempts`);
  },
};
