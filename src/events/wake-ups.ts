// Hears of new events of all jobs, for who follows no single one. What is missed, as in an outage, must be found in the store.
import { connect, type QueueConnection } from '../queue/connection.js';

/** The ids of jobs with a new event are published here. */
export const WAKE_UPS = 'rootstock:events';

/** Calls `hear` with the id of each job that has a new event. @returns stops it */
export function hearWakeUps(connection: QueueConnection, hear: (jobId: string) => void): () => void {
  const subscriber = connect(connection, 'patient');
  subscriber.on('message', (_channel: string, jobId: string) => hear(jobId));
  subscriber.subscribe(WAKE_UPS).catch(() => undefined); // stopped before Redis came
  return () => subscriber.disconnect();
}
