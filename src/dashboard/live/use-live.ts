// What the service says, asked again while somebody looks. What was known is shown at once when one comes back to it.
import { useEffect, useState } from 'preact/hooks';
import { noteAccess } from '../session.js';

export interface Live<T> {
  /** undefined until the first answer. */
  data: T | undefined;
  /** Why the last try failed. What was known before it is still there. */
  error: unknown;
  /** When `data` was answered, in milliseconds since 1970. */
  at: number;
  /** Asks now. */
  again: () => void;
}

interface Known {
  data: unknown;
  at: number;
}
const KNOWN = new Map<string, Known>();
const MOST_KNOWN = 100;

function keep(name: string, data: unknown): Known {
  const known = { data, at: Date.now() };
  KNOWN.delete(name);
  KNOWN.set(name, known);
  if (KNOWN.size > MOST_KNOWN) KNOWN.delete(KNOWN.keys().next().value!);
  return known;
}

/**
 * @param name tells what is asked from all else; another one is asked at once
 * @param everyMs undefined: once; or how long what was answered last may stand, by a function that stays the same
 */
export function useLive<T>(name: string, ask: (signal: AbortSignal) => Promise<T>, everyMs?: number | ((last: T | undefined) => number)): Live<T> {
  const [, redraw] = useState(0);
  const [failure, setFailure] = useState<{ name: string; error: unknown }>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      try {
        keep(name, await ask(ended.signal));
        setFailure(undefined);
        redraw((count) => count + 1);
      } catch (error) {
        if (ended.signal.aborted) return;
        noteAccess(error);
        setFailure({ name, error });
      }
      if (everyMs === undefined || ended.signal.aborted) return;
      timer = setTimeout(() => void whenSeen(), typeof everyMs === 'number' ? everyMs : everyMs(KNOWN.get(name)?.data as T | undefined));
    };
    /** A page in the background asks nothing. */
    const whenSeen = (): void => {
      if (!document.hidden) void look();
      else document.addEventListener('visibilitychange', whenSeen, { once: true, signal: ended.signal });
    };
    void look();
    return () => {
      clearTimeout(timer);
      ended.abort(new Error('The page is elsewhere.'));
    };
  }, [name, everyMs, round]);
  const known = KNOWN.get(name);
  return {
    data: known?.data as T | undefined,
    error: failure?.name === name ? failure.error : undefined,
    at: known?.at ?? 0,
    again: () => setRound((count) => count + 1),
  };
}
