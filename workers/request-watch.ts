// What is asked of a job while an attempt at it is made: read from its folder again and again, so that nothing is lost with a message.
import { wantedOf } from '#jobs/query.js';
import type { JobRequestRecord } from '#jobs/records.js';
import type { Store } from '#store/store.js';
import type { Control } from './protocol.js';

const LOOK_EVERY_MS = 500;
const CONTROLS: Readonly<Record<JobRequestRecord['wanted'], Control | undefined>> = { run: undefined, stop: 'stop', pause: 'pause' };

/** @returns ends the watch */
export function watchRequests(store: Store, id: string, tell: (control: Control) => void): () => void {
  let told: Control | undefined;
  const look = async (): Promise<void> => {
    const control = CONTROLS[await wantedOf(store, id)];
    if (control === told) return;
    told = control;
    // Asked to go on after all, a child that leaves off already is begun again by the next attempt.
    if (control) tell(control);
  };
  // A record that cannot be read now can be in half a second.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
