// A query as the service reads it: `metadata` in the form metadata[key]=value, what is left out left out.

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | Readonly<Record<string, string>> | undefined>>;

/** @returns with its question mark; empty where nothing is asked */
export function queryOf(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value as readonly string[]) pairs.append(name, one);
    else if (typeof value === 'object') for (const [key, word] of Object.entries(value)) pairs.append(`${name}[${key}]`, word);
    else pairs.append(name, String(value));
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}

/** An id or a name as one part of a path. */
export const part = (text: string): string => encodeURIComponent(text);
