// What the service says of itself.
import type { Health, System as SystemState } from '../contract/system.js';
import type { Connection } from './connection.js';
import type { CallOptions } from './options.js';

export class System {
  constructor(private readonly connection: Connection) {}

  /**
   * Versions, queue, workers, the rules of what is kept, warnings.
   * @example
   * const { version, workers, warnings } = await client.system.get();
   */
  get(options: CallOptions = {}): Promise<SystemState> {
    return this.connection.json('/v1/system', {}, options);
  }

  /**
   * Whether queue and store answer.
   * @throws ServerError (503) where one does not
   * @example
   * const { checks } = await client.system.ready();
   */
  ready(options: CallOptions = {}): Promise<Health> {
    return this.connection.json('/readyz', {}, options);
  }
}
