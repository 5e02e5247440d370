// What is on its way, and what was begun on an earlier visit.
import { useEffect } from 'preact/hooks';
import { NotFoundError } from '../../../client/index.js';
import { bytes } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { Problem } from '../../parts/problem.js';
import { client } from '../../session.js';
import { forget, remembered, sendings, type Remembered, type Sending } from './sendings.js';

export function SendingRows() {
  const waiting = sendings.value.some(({ state }) => state !== 'failed') ? [] : remembered.value;
  return (
    <>
      {sendings.value.map((one) => <Row key={one.id} of={one} />)}
      {waiting.map((one) => <Begun key={one.upload} of={one} />)}
    </>
  );
}

function Row({ of: { title, sentBytes, totalBytes, state, failure, stop } }: { of: Sending }) {
  const isSending = state !== 'failed';
  useEffect(() => {
    // A closed page sends nothing; what has come by then is kept.
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    if (isSending) addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [isSending]);
  return (
    <div class="panel">
      <div class="head"><h2>{title}</h2><button type="button" class="small" onClick={stop}>{isSending ? 'Stop' : 'Close'}</button></div>
      <div class="progress"><progress max={totalBytes} value={sentBytes === 0 && isSending ? undefined : sentBytes} aria-label={`How much of ${title} was sent`} /><span class="number">{bytes(sentBytes)} of {bytes(totalBytes)}</span></div>
      {state === 'broken' && <p class="wait" role="status">The line is broken. Sending goes on where it was as soon as the service answers.</p>}
      {failure !== undefined && <Problem of={failure} />}
    </div>
  );
}

function Begun({ of: { name, size, upload } }: { of: Remembered }) {
  const live = useLive(`upload ${upload}`, (signal) => client.value.uploads.offset(upload, { signal }).catch((error: unknown) => {
    // The service keeps what was begun for some time only.
    if (error instanceof NotFoundError) forget([upload]);
    throw error;
  }));
  const drop = async (): Promise<void> => {
    forget([upload]);
    await client.peek().uploads.delete(upload).catch(() => undefined);
  };
  return (
    <div class="box warn">
      <p><strong>{name}</strong> was begun: {live.data === undefined ? 'some' : bytes(live.data)} of {bytes(size)} have come. Choose the same file again, and sending goes on from there.</p>
      <p><button type="button" class="small" onClick={() => void drop()}>Forget it</button></p>
    </div>
  );
}
