// A form that asks the service for something once, with its failure below it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { noteAccess } from '../session.js';
import { Problem } from './problem.js';

interface SendFormProps {
  label: string;
  send: () => Promise<unknown>;
  disabled?: boolean;
  /** Beside the button. */
  more?: ComponentChildren;
  children: ComponentChildren;
}

export function SendForm({ label, send, disabled = false, more, children }: SendFormProps) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await send();
    } catch (error) {
      noteAccess(error);
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="fields" onSubmit={(event) => void submit(event)}>
      {children}
      <div class="buttons"><button class="primary" disabled={disabled || isBusy}>{label}</button>{more}</div>
      {failure !== undefined && <Problem of={failure} />}
    </form>
  );
}
