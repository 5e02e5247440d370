// The states of a view: nothing yet, what is known, what is known though the service is silent, why nothing is known.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ago } from '../format.js';
import type { Live } from '../live/use-live.js';
import { Problem } from './problem.js';

/** Short waits show nothing: what flickers is read as a change. */
const SKELETON_AFTER_MS = 200;

function Skeleton() {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return <div class={isLate ? 'skeleton' : 'skeleton hidden'} role="status" aria-label="Loading"><i /><i /><i /></div>;
}

export function Loaded<T>({ live, children }: { live: Live<T>; children: (data: T) => ComponentChildren }) {
  const { data, error, at, again } = live;
  if (data === undefined) return error === undefined ? <Skeleton /> : <Problem of={error} onAgain={again} />;
  return (
    <>
      {error !== undefined && <div class="stale" role="status">The service does not answer. This is how things were {ago(new Date(at).toISOString())}. <button type="button" onClick={again}>Try again</button></div>}
      {children(data)}
    </>
  );
}
