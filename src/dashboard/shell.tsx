// What is around every page: the rooms, the theme, the key.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { href, place } from './route.js';
import { forgetKey, hasKey, isWall, keyWanted, useKey } from './session.js';
import { theme, toggleTheme } from './theme.js';
import { Dialog } from './parts/dialog.js';
import { Announcer } from './parts/announce.js';

const ROOMS = [
  ['jobs', 'Jobs'],
  ['datasets', 'Data sets'],
  ['models', 'Models'],
  ['system', 'System'],
] as const;

export function Shell({ children }: { children: ComponentChildren }) {
  const room = place.value.path[0] ?? 'jobs';
  return (
    <div class={isWall.value ? 'shell wall' : 'shell'}>
      <Announcer />
      {!isWall.value && (
        <>
          <a class="skip" href="#content" onClick={toContent}>To the content</a>
          <nav class="rooms" aria-label="Rooms">
            <a class="brand" href={href(['jobs'])} aria-label="Rootstock"><Mark /> <span>Rootstock</span></a>
            {ROOMS.map(([name, title]) => <a key={name} href={href([name])} aria-current={room === name ? 'page' : undefined}>{title}</a>)}
            <span class="end">
              <button type="button" class="small theme" onClick={toggleTheme} aria-label={theme.value === 'dark' ? 'Light colours' : 'Dark colours'}>◐<span> {theme.value === 'dark' ? 'Light' : 'Dark'}</span></button>
              {hasKey.value && <button type="button" class="small" onClick={forgetKey}>Forget key</button>}
            </span>
          </nav>
        </>
      )}
      <main id="content" tabIndex={-1}>{keyWanted.value ? <KeyForm /> : children}</main>
    </div>
  );
}

/** The address after # is the page's, so that the place is gone to by hand. */
function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')!.focus();
}

const Mark = () => (
  <svg viewBox="0 0 32 32" width="24" height="24" fill="none" stroke="var(--good)" stroke-width="3" stroke-linecap="round" aria-hidden="true">
    <path d="M16 29V15M16 29c-3 0-5-1-7-3M16 29c3 0 5-1 7-3" />
    <path d="M16 15c0-6 4-10 10-11 0 7-4 11-10 11Z" fill="var(--good)" />
    <path d="M16 20c0-4-3-7-9-8 0 5 3 8 9 8Z" fill="var(--good)" />
  </svg>
);

function KeyForm() {
  const [value, setValue] = useState('');
  const [isKept, setKept] = useState(false);
  return (
    <Dialog title="This service wants a key" onClose={() => undefined}>
      <form method="dialog" class="dialog" onSubmit={() => useKey(value, isKept)}>
        <label>API_KEY or READ_ONLY_KEY of the service<input type="password" autocomplete="current-password" required value={value} onInput={(event) => setValue(event.currentTarget.value)} /></label>
        <label class="inline"><input type="checkbox" checked={isKept} onChange={(event) => setKept(event.currentTarget.checked)} /> Remember it in this browser</label>
        <div class="buttons"><button class="primary">Go on</button></div>
      </form>
    </Dialog>
  );
}
