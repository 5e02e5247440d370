// What the service would make of a request: how long, how much memory, and each value it would choose.
import { useEffect, useState } from 'preact/hooks';
import { trains } from '../../../contract/job-kinds.js';
import type { JobEstimate } from '../../../contract/estimate.js';
import { ApiError, type AnyJobRequest } from '../../../client/index.js';
import { bytes, duration, some, whole, words } from '../../format.js';
import { Facts } from '../../parts/facts.js';
import { Problem } from '../../parts/problem.js';
import { client, noteAccess } from '../../session.js';
import { Rules, Warnings } from '../job/plan.js';

/** Typing is over after so long. */
const QUIET_MS = 350;

export interface PreviewState {
  estimate: JobEstimate | undefined;
  error: unknown;
  isAsking: boolean;
}

export function usePreview(draft: Readonly<Record<string, unknown>>): PreviewState {
  const [state, setState] = useState<PreviewState>({ estimate: undefined, error: undefined, isAsking: true });
  const text = JSON.stringify(draft);
  useEffect(() => {
    const ended = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const estimate = await client.peek().jobs.estimate(JSON.parse(text) as AnyJobRequest, { signal: ended.signal });
        setState({ estimate, error: undefined, isAsking: false });
      } catch (error) {
        if (ended.signal.aborted) return;
        noteAccess(error);
        setState((old) => ({ ...old, error, isAsking: false }));
      }
    };
    const timer = setTimeout(() => {
      setState((old) => ({ ...old, isAsking: true }));
      void ask();
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      ended.abort(new Error('Another request is wanted.'));
    };
  }, [text]);
  return state;
}

export const errorsByPointer = (error: unknown): Readonly<Record<string, string>> =>
  error instanceof ApiError ? Object.fromEntries(error.errors.map(({ pointer, detail }) => [pointer, detail])) : {};

export function Preview({ of: { estimate, error, isAsking } }: { of: PreviewState }) {
  return (
    <div aria-busy={isAsking}>
      {error !== undefined && <Problem of={error} />}
      {estimate !== undefined && error === undefined && (
        <>
          <div class="panel">
            <h2>What it would take</h2>
            <Facts
              rows={[
                ['Time at work', `${duration(estimate.seconds.expected)} (${duration(estimate.seconds.low)} to ${duration(estimate.seconds.high)})`],
                ['Memory, at most', bytes(estimate.memory_bytes)],
                ['Steps', whole(estimate.steps)],
                ['Runs', some(estimate.runs.length, 'run')],
                ['Known from', [...new Set(estimate.runs.map(({ basis }) => words(basis)))].join(', ')],
              ]}
            />
          </div>
          {trains(estimate.spec) && estimate.spec.type !== 'compare' && <Warnings spec={estimate.spec} />}
          <Rules auto={estimate.spec.auto} />
        </>
      )}
    </div>
  );
}
