// --curl: the request as a line for a shell, in the place of being sent.
import { basename } from 'node:path';

/** Thrown once a request is printed: nothing more is done. */
export class Printed extends Error {}

const quoted = (text: string): string => (/^[\w@%+=:,./?&-]+$/.test(text) && !/[?&]/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/**
 * @param paths of the files that were named, by which their parts are found again
 * @returns with `$ROOTSTOCK_API_KEY` in the place of the key, whatever it is
 */
export function curlOf(url: string, { method = 'GET', headers = {}, body }: RequestInit, paths: readonly string[]): string {
  const words = ['curl'];
  if (method === 'HEAD') words.push('-I');
  else if (method !== 'GET' && !(method === 'POST' && body instanceof FormData)) words.push('-X', method);
  for (const [name, value] of Object.entries(headers as Record<string, string>)) {
    words.push('-H', name === 'authorization' ? '"Authorization: Bearer $ROOTSTOCK_API_KEY"' : quoted(`${name}: ${value}`));
  }
  words.push(...bodyWords(body, paths), quoted(url));
  return words.join(' ');
}

function bodyWords(body: RequestInit['body'], paths: readonly string[]): string[] {
  if (typeof body === 'string') return ['--data-binary', quoted(body)];
  if (body instanceof Blob) return ['--data-binary', `@${quoted(paths[0] ?? '-')}`];
  if (!(body instanceof FormData)) return [];
  return [...body].flatMap(([name, value]) => ['-F', quoted(typeof value === 'string' ? `${name}=${value}` : `${name}=@${pathOf(value.name, paths)}`)]);
}

const pathOf = (name: string, paths: readonly string[]): string => paths.find((path) => basename(path) === name) ?? name;
