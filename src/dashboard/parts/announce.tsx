// What a screen reader is told without being asked: changes of state, not every epoch.
import { signal } from '@preact/signals';

const said = signal('');

export function announce(text: string): void {
  said.value = text;
}

export function Announcer() {
  return <div class="only-heard" role="status" aria-live="polite">{said.value}</div>;
}
