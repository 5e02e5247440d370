// What a model says of what it was last asked. A later question ends an earlier one.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Asked, Predictions } from '../../../../client/index.js';
import { percent } from '../../../format.js';
import { announce } from '../../../parts/announce.js';
import { client, noteAccess } from '../../../session.js';

export interface Prediction {
  /** Shows the answer to what is asked; undefined: to nothing. */
  ask: (asked: Asked | undefined) => void;
  asked: Asked | undefined;
  answer: Predictions | undefined;
  failure: unknown;
  isAsking: boolean;
}

interface State {
  asked?: Asked | undefined;
  answer?: Predictions | undefined;
  failure?: unknown;
}

export function usePrediction(model: string): Prediction {
  const [{ asked, answer, failure }, setState] = useState<State>({});
  const [isAsking, setAsking] = useState(false);
  const before = useRef<AbortController>();
  useEffect(() => () => before.current?.abort(new Error('The page is elsewhere.')), []);
  const ask = (next: Asked | undefined): void => {
    before.current?.abort(new Error('Something else is asked.'));
    const ended = (before.current = new AbortController());
    // The last answer stays until the next is there, so that nothing flickers while one draws.
    setState((old) => (next === undefined ? {} : { asked: next, answer: old.answer }));
    setAsking(next !== undefined);
    if (next === undefined) return;
    client.peek().models.predict(model, next, { signal: ended.signal }).then(
      (found) => {
        if (ended.signal.aborted) return;
        setAsking(false);
        setState({ asked: next, answer: found });
        announce(found.data.slice(0, 3).map(said).join(' '));
      },
      (error: unknown) => {
        if (ended.signal.aborted) return;
        noteAccess(error);
        setAsking(false);
        setState({ asked: next, failure: error });
      },
    );
  };
  return { ask, asked, answer, failure, isAsking };
}

function said(one: Predictions['data'][number]): string {
  if ('values' in one) return one.values.slice(0, 5).map((value) => value.toPrecision(4)).join(', ');
  return `${one.label ?? `class ${one.index}`}${one.probability === null ? '' : `, ${percent(one.probability, 0)}`}.`;
}
