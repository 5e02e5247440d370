// What went wrong, the value that did it, and what to do next.
import type { ComponentChildren } from 'preact';
import type { ErrorRecord } from '../../contract/errors.js';
import { ApiError, ConnectionError } from '../../client/index.js';
import { serviceUrl } from '../session.js';

const explained = (code: string): string => `${serviceUrl}/errors.md#${code.toLowerCase()}`;

/** Why a job or a data set came to nothing. */
export function FailureBox({ of: failure, children }: { of: ErrorRecord; children?: ComponentChildren }) {
  return (
    <div class="box bad" role="alert">
      <p><strong>{failure.message}</strong></p>
      <p class="quiet">
        <code>{failure.code}</code>{failure.param ? <> at <code>{failure.param}</code></> : null}, {failure.retryable ? 'may work when it is tried again' : 'will fail again as it is'}. <a href={explained(failure.code)}>What to do</a>
      </p>
      {children}
    </div>
  );
}

/** Why a request failed. @param onAgain asks once more */
export function Problem({ of: error, onAgain }: { of: unknown; onAgain?: (() => void) | undefined }) {
  const again = onAgain && <button type="button" onClick={onAgain}>Try again</button>;
  if (error instanceof ApiError) {
    return (
      <div class="box bad" role="alert">
        <p><strong>{error.problem?.detail ?? error.message}</strong></p>
        {error.errors.length > 0 && <ul>{error.errors.map(({ pointer, detail }) => <li key={pointer + detail}><code>{pointer || '/'}</code> {detail}</li>)}</ul>}
        <p class="quiet"><code>{error.code}</code>{error.requestId ? <>, request <code>{error.requestId}</code></> : null}. <a href={explained(error.code)}>What to do</a></p>
        {again}
      </div>
    );
  }
  const text = error instanceof ConnectionError ? 'The service does not answer.' : error instanceof Error ? error.message : String(error);
  return <div class="box bad" role="alert"><p><strong>{text}</strong></p>{again}</div>;
}
