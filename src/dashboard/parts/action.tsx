// A button that asks the service for something: once, after a question where it cannot be taken back, with its failure beside it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { mayAct, noteAccess } from '../session.js';
import { announce } from './announce.js';
import { Dialog } from './dialog.js';
import { Problem } from './problem.js';

export interface ActionProps {
  label: string;
  /** What is lost; left out: nothing, and nobody is asked. */
  question?: ComponentChildren;
  act: () => Promise<unknown>;
  /** Said when it was done. */
  done: string;
  kind?: 'usual' | 'primary' | 'danger';
  disabled?: boolean;
  /** It changes nothing, and is offered to whoever may only read. */
  isReading?: boolean;
}

export function Action({ label, question, act, done, kind = 'usual', disabled = false, isReading = false }: ActionProps) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  // What was refused is still told.
  if (!mayAct.value && !isReading && failure === undefined) return null;
  const make = async (): Promise<void> => {
    setAsking(false);
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
      announce(done);
    } catch (error) {
      noteAccess(error);
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={kind} disabled={disabled || isBusy} onClick={() => (question === undefined ? void make() : setAsking(true))}>{label}</button>
      {isAsking && (
        <Dialog title={`${label}?`} onClose={() => setAsking(false)}>
          <div>{question}</div>
          <div class="buttons">
            <button type="button" class={kind} onClick={() => void make()}>{label}</button>
            <button type="button" onClick={() => setAsking(false)}>No</button>
          </div>
        </Dialog>
      )}
      {failure !== undefined && <Dialog title={`${label}: it did not work`} onClose={() => setFailure(undefined)}><Problem of={failure} /></Dialog>}
    </>
  );
}
