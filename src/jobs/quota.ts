// How many jobs may wait (MAX_QUEUED_JOBS). The queue counts them; those that this process is accepting at the moment are counted beside, so that jobs submitted at once do not all see the last place.
import { ServiceError } from '../contract/errors.js';
import type { Queue } from '../queue/queue.js';

export class JobQuota {
  private coming = 0;

  /** @param most 0: no limit */
  constructor(
    private readonly queue: Pick<Queue, 'counts'>,
    private readonly most: number,
  ) {}

  /** @param accept puts a job into the queue @throws QUOTA, and nothing was done */
  async within<T>(accept: () => Promise<T>): Promise<T> {
    if (this.most === 0) return accept();
    const { waiting } = await this.queue.counts('train');
    if (waiting + this.coming >= this.most) throw ServiceError.of('QUOTA', this.most);
    this.coming += 1;
    try {
      return await accept();
    } finally {
      this.coming -= 1;
    }
  }
}
