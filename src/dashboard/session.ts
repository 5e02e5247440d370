// Who looks: the key, kept where its owner wants it, and the client that it is given to. The page knows the service by its public API alone.
import { computed, signal } from '@preact/signals';
import { AccessError, Rootstock } from '../client/index.js';
import { href, place } from './route.js';

const KEY = 'rootstock-key';

/** A key in the address, as a link for a wall screen has it, is taken and goes from the address. */
function keyOfAddress(): string | undefined {
  const { path, query } = place.peek();
  const { key, ...rest } = query;
  if (key === undefined) return undefined;
  history.replaceState(null, '', href(path, rest));
  return key;
}

const given = keyOfAddress();
if (given !== undefined) sessionStorage.setItem(KEY, given);
const key = signal(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? '');

/** Where the service is: beside this page. */
export const serviceUrl = new URL('.', location.href.split('#')[0]).href.replace(/\/$/, '');
export const client = computed(() => new Rootstock({ url: serviceUrl, ...(key.value !== '' && { apiKey: key.value }), maxRetries: 1 }));

export const hasKey = computed(() => key.value !== '');
/** The service wants a key, or another one. */
export const keyWanted = signal(false);
/** A wall screen, or a key that may only read: nothing is offered that would be refused. */
export const onlyReads = signal(false);
export const isWall = computed(() => place.value.query.wall === '1');
export const mayAct = computed(() => !onlyReads.value && !isWall.value);

/** @param remember also when the browser is closed */
export function useKey(value: string, remember: boolean): void {
  sessionStorage.setItem(KEY, value);
  if (remember) localStorage.setItem(KEY, value);
  keyWanted.value = false;
  onlyReads.value = false;
  key.value = value;
}

export function forgetKey(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
  key.value = '';
}

/** What a failure says of the key. */
export function noteAccess(failure: unknown): void {
  if (!(failure instanceof AccessError)) return;
  if (failure.code === 'KEY_READ_ONLY') onlyReads.value = true;
  else keyWanted.value = true;
}
