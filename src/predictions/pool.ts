// The children that predict, and how much may be asked of them at once.
import { ServiceError } from '../contract/errors.js';
import type { Asked } from './find.js';
import { Lane, type LaneSettings } from './lane.js';
import type { Inputs, Outcome } from './messages.js';

/** What all requests that are not answered yet may hold of rows and pictures: 256 MiB. */
const MOST_WAITING_BYTES = 2 ** 28;

export interface PoolSettings extends LaneSettings {
  readonly children: number;
  /** Requests that may be let in and not answered yet. */
  readonly mostRequests: number;
}

export class PredictPool {
  private readonly lanes: readonly Lane[];
  private requests = 0;
  private bytes = 0;

  constructor(private readonly settings: PoolSettings) {
    this.lanes = Array.from({ length: settings.children }, () => new Lane(settings));
  }

  /** @throws PREDICT_BUSY, PREDICT_CRASHED, PREDICT_TIMEOUT, and why the model cannot be loaded */
  async run(asked: Asked, inputs: Inputs, instances: number): Promise<Outcome> {
    const bytes = bytesOf(inputs);
    // One request is let in however large it is; others of that size would have been refused before.
    if (this.requests >= this.settings.mostRequests || (this.requests > 0 && this.bytes + bytes > MOST_WAITING_BYTES)) throw ServiceError.of('PREDICT_BUSY', this.requests);
    this.requests += 1;
    this.bytes += bytes;
    try {
      return await new Promise((resolve, reject) => this.laneFor(asked.key).add({ asked, inputs, instances, suspect: false, resolve, reject }));
    } finally {
      this.requests -= 1;
      this.bytes -= bytes;
    }
  }

  /** Lets go of a model that is no more. */
  forget(key: string): void {
    for (const lane of this.lanes) lane.forget(key);
  }

  /** Ends the children; what they were asked fails. */
  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** A model is warm in one child: where it is already, else where there is least to do, and of those where the fewest models are. */
  private laneFor(key: string): Lane {
    return this.lanes.find((lane) => lane.knows(key)) ?? [...this.lanes].sort((one, other) => one.load - other.load || one.warmModels - other.warmModels)[0]!;
  }
}

const bytesOf = (inputs: Inputs): number => ('rows' in inputs ? inputs.rows.byteLength : inputs.pictures.reduce((sum, { byteLength }) => sum + byteLength, 0));
