// The jobs of a campaign: submitted, waited for, cancelled, and the weights they must give.

const DATASET = { name: 'chaos', generate: { name: 'glyph_digits', examples: 600, seed: 1 } };
const CANCELS_AT_ONCE = 10;
/** How long a job of this file may take at most where nobody disturbs it. */
const UNDISTURBED_SECONDS = { short: 120, production: 600 };

/**
 * A job that was accepted with 201.
 * @typedef {object} AcceptedJob
 * @property {string} id
 * @property {string} operation unique to the one call that made it; in the job's metadata
 * @property {object} request   without data set and metadata
 * @property {string[]} ends    statuses it may end with
 * @property {boolean} [goesBack] whether an attempt may go on from an earlier checkpoint than the last, which the fault has damaged
 */

/** Weights that a request gives when nobody disturbs it, by request; every service gives the same. @type {Map<string, string>} */
const references = new Map();

export class Jobs {
  /** Those of this round. @type {AcceptedJob[]} */
  accepted = [];
  /** @type {string | undefined} */
  #dataset;
  #operations = 0;

  /** @param {import('./rig.mjs').Rig} rig */
  constructor(rig) {
    this.rig = rig;
  }

  /** A new round: what was accepted before has been checked. */
  begin() {
    this.accepted = [];
  }

  /** A job of some seconds, long enough to be struck. @param {number} [epochs] */
  lasting(epochs = 120) {
    return { type: 'pretrain', model: { architecture: 'mlp', hidden: [256] }, training: { epochs, seed: 7 } };
  }

  /** A job that lasts for so many checkpoints, and some time after them. */
  lastingCheckpoints(checkpoints = 1) {
    if (this.rig.timers === 'short') return this.lasting(120 * checkpoints);
    // A checkpoint a minute: wider layers rather than more epochs, each of which is an event.
    return { type: 'pretrain', model: { architecture: 'mlp', hidden: [4_096] }, training: { epochs: 400 * checkpoints, seed: 7 } };
  }

  /** Such a job with all that has a state or draws at random: Adam, dropout, batch normalisation, augmentation. */
  lastingWithState() {
    const { model, training, ...rest } = this.lastingCheckpoints();
    const layers = [
      { class_name: 'Flatten' }, { class_name: 'Dense', config: { units: model.hidden[0], activation: 'relu' } }, { class_name: 'BatchNormalization' },
      { class_name: 'Dropout', config: { rate: 0.3 } }, { class_name: 'Dense', config: { units: 10, activation: 'softmax' } },
    ];
    return { ...rest, model: { layers }, training: { ...training, optimizer: { name: 'adam' }, augment: { shift: 0.1, noise: 0.05, mixup: 0.2 } } };
  }

  /** The least there is to train. */
  brief() {
    return { type: 'pretrain', model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1, seed: 7 } };
  }

  async dataset() {
    if (this.#dataset !== undefined) return this.#dataset;
    const { body } = await this.rig.client.postUntilKnown('/v1/datasets', DATASET, `${this.rig.fault.id}-dataset`, 30);
    await this.rig.until('the data set is ready', async () => (await this.rig.client.read(`/v1/datasets/${body.id}`))?.status === 'ready');
    this.#dataset = body.id;
    return this.#dataset;
  }

  /** A request as it is sent, under a name of its own. @param {object} request */
  async bodyOf(request) {
    const operation = `${this.rig.fault.id}-${this.rig.timers}-${this.rig.seed}-${this.rig.round}-${++this.#operations}`;
    return { operation, body: { ...request, dataset: await this.dataset(), metadata: { operation } } };
  }

  /** Submits a job until it is accepted. @param {object} request @param {{ ends?: string[] }} [options] @returns {Promise<AcceptedJob>} */
  async accept(request, { ends = ['succeeded'] } = {}) {
    const { operation, body } = await this.bodyOf(request);
    const answer = await this.rig.client.postUntilKnown('/v1/jobs', body, operation, this.rig.recoversWithinSeconds);
    if (answer.status !== 201) throw new Error(`a job was not accepted: ${answer.status} ${JSON.stringify(answer.body)}`);
    return this.acceptedAs(answer.body.id, operation, request, ends);
  }

  /** Takes note of a job that was accepted by a call of the fault's own. @param {string} id @param {string} operation @param {object} request @param {string[]} ends */
  acceptedAs(id, operation, request, ends) {
    /** @type {AcceptedJob} */
    const job = { id, operation, request, ends };
    this.accepted.push(job);
    return job;
  }

  /** Sees to it that the weights of an uninterrupted run are known. @param {object} request */
  async reference(request) {
    const key = JSON.stringify(request);
    if (references.has(key)) return;
    const job = await this.accept(request);
    const ended = await this.rig.until('the uninterrupted run succeeds', async () => {
      const view = await this.view(job);
      return view?.status === 'succeeded' && view;
    }, UNDISTURBED_SECONDS[this.rig.timers]);
    references.set(key, ended.weights_digest);
  }

  /** @param {object} request @returns {string | undefined} */
  referenceOf(request) {
    return references.get(JSON.stringify(request));
  }

  /** The job as it is shown; undefined while the service does not answer. @param {{ id: string }} job */
  view({ id }) {
    return this.rig.client.read(`/v1/jobs/${id}`);
  }

  /** Waits until an attempt of the job has made steps. @param {AcceptedJob} job @returns {Promise<any>} the job */
  training(job) {
    return this.rig.jobUntil(`${job.id} trains`, async () => {
      const view = await this.view(job);
      return view?.status === 'running' && view.progress !== null && view;
    });
  }

  /** A job that trains, and whose weights will be held to those of an uninterrupted run. @param {object} [request] a lasting one if left out */
  async inTraining(request = this.lasting()) {
    await this.reference(request);
    const job = await this.accept(request);
    return { job, attempt: (await this.training(job)).attempt };
  }

  /** What happened to the job, oldest first; empty while the service does not answer. @param {{ id: string }} job @returns {Promise<any[]>} */
  async events({ id }) {
    const events = [];
    for (let page; page === undefined || page.has_more; ) {
      page = await this.rig.client.read(`/v1/jobs/${id}/events?after=${events.at(-1)?.id ?? 0}`);
      if (page === undefined) return [];
      events.push(...page.data);
    }
    return events;
  }

  /** Waits until the attempt has written a checkpoint, or is no more. @param {AcceptedJob} job @param {number} attempt */
  checkpoint(job, attempt) {
    return this.rig.jobUntil(`attempt ${attempt} of ${job.id} has written a checkpoint`, async () => {
      const events = await this.events(job);
      const begun = events.findIndex(({ type, data }) => type === 'job.preparing' && data.attempt === attempt);
      const view = await this.view(job);
      const over = view !== undefined && (view.status !== 'running' || view.attempt !== attempt);
      return over || (begun >= 0 && events.slice(begun).some(({ type }) => type === 'job.checkpoint'));
    });
  }

  /** Waits until a later attempt than this one is at work, or the job has ended. @param {AcceptedJob} job @param {number} attempt */
  runsAgain(job, attempt) {
    return this.rig.recovers(`${job.id} runs again`, async () => {
      const view = await this.view(job);
      // What is struck may have said its last word already.
      return view !== undefined && (view.finished_at !== null || (view.attempt > attempt && !['queued', 'preparing'].includes(view.status))) && view;
    });
  }

  /**
   * Has the one worker busy with a job of many minutes, so that every other job waits.
   * @returns {Promise<AcceptedJob>} to be cancelled
   */
  async busyWorker() {
    const job = await this.accept({ ...this.lasting(10_000), priority: 10 }, { ends: ['cancelled'] });
    await this.training(job);
    return job;
  }

  /** Cancels a job until it is known how that went. @param {{ id: string }} job */
  cancel({ id }) {
    return this.rig.client.postUntilKnown(`/v1/jobs/${id}/cancel`, {}, `${id}-cancel`, this.rig.recoversWithinSeconds);
  }

  /** Cancels many, some at a time. @param {readonly AcceptedJob[]} jobs */
  async cancelAll(jobs) {
    const left = [...jobs];
    const cancelInTurn = async () => {
      for (let job = left.shift(); job; job = left.shift()) await this.cancel(job);
    };
    await Promise.all(Array.from({ length: CANCELS_AT_ONCE }, cancelInTurn));
  }

  /** Waits until the queue has every job that waits, or a worker has taken it. @param {readonly AcceptedJob[]} jobs */
  async allQueued(jobs) {
    for (const job of jobs) {
      await this.rig.jobUntil(`${job.id} is in the queue`, async () => {
        const view = await this.view(job);
        return view !== undefined && (view.queue !== null || view.status !== 'queued');
      });
    }
    return true;
  }
}
