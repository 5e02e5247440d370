// What a key of the store may look like. Keys are made by the service, so a bad one is a mistake in the code, not in a request.

/** First segments that the stores keep for themselves. */
const RESERVED = ['tmp', 'staging'];

/**
 * The key's segments.
 * @throws Error for an empty, absolute or climbing key, an empty or dot segment, a backslash, a NUL, or a reserved first segment.
 */
export function segmentsOf(key: string): string[] {
  const segments = key.split('/');
  const sound = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  // A NUL would end the path early in the system call.
  if (!sound || key.includes('\\') || key.includes('\0') || RESERVED.includes(segments[0] ?? '')) {
    throw new Error(`${JSON.stringify(key)} is no key of the store`);
  }
  return segments;
}

/** The name, if it is one segment. @throws Error as `segmentsOf`, and for more than one segment. */
export function singleSegment(name: string): string {
  if (segmentsOf(name).length !== 1) throw new Error(`${JSON.stringify(name)} is no name of the store`);
  return name;
}
