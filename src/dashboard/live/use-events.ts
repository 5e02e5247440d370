// The events of a job as they happen. Only the last ones are kept, however many there were.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { JobEvent } from '../../contract/event.js';
import { client, noteAccess } from '../session.js';

export const MOST_EVENTS = 500;
/** However fast events come, the page is drawn at most so often. */
const DRAW_EVERY_MS = 200;

export type StreamState = 'live' | 'waiting' | 'ended';

/** @param onEvents told of those that came since the last drawing */
export function useEvents(job: string, onEvents: (events: readonly JobEvent[]) => void): { events: readonly JobEvent[]; count: number; stream: StreamState } {
  const kept = useRef<JobEvent[]>([]);
  const [count, setCount] = useState(0);
  const [stream, setStream] = useState<StreamState>('waiting');
  const told = useRef(onEvents);
  told.current = onEvents;
  useEffect(() => {
    const ended = new AbortController();
    kept.current = [];
    setCount(0);
    let come: JobEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let total = 0;
    const draw = (): void => {
      timer = undefined;
      kept.current = [...kept.current, ...come].slice(-MOST_EVENTS);
      const fresh = come;
      come = [];
      setCount(total);
      // The last event and the end of the stream come in one moment.
      setStream((was) => (was === 'ended' ? was : 'live'));
      told.current(fresh);
    };
    const read = async (): Promise<void> => {
      let after: string | undefined;
      while (!ended.signal.aborted) {
        try {
          for await (const event of client.peek().jobs.events(job, { after, signal: ended.signal, maxRetries: 0 })) {
            after = event.id;
            total += 1;
            come.push(event);
            if (come.length > MOST_EVENTS) come.splice(0, come.length - MOST_EVENTS);
            timer ??= setTimeout(draw, DRAW_EVERY_MS);
          }
          setStream('ended');
          return;
        } catch (error) {
          if (ended.signal.aborted) return;
          noteAccess(error);
          setStream('waiting');
          // The service is away, or starts anew: it is asked until it answers.
          await new Promise((resolve) => setTimeout(resolve, 1000));
        }
      }
    };
    void read();
    return () => {
      clearTimeout(timer);
      ended.abort(new Error('The page is elsewhere.'));
    };
  }, [job]);
  return { events: kept.current, count, stream };
}
