// The trace that a caller's request belongs to (W3C Trace Context): read, said in log lines, handed on. No spans are recorded here, so none is named:
// whoever gets the header next is a child of whoever sent it. `tracestate` is not handed on.

/** version-format of 00; a later version may go on behind another "-". Ids of zeros alone, and version ff, are invalid. */
const TRACEPARENT = /^(?!ff)(?<version>[0-9a-f]{2})-(?<trace>(?!0{32})[0-9a-f]{32})-(?<parent>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>$|-)/;
const SAMPLED = 1;

/** A valid `traceparent`, in the form of version 00; null where there is none, or one that is to be ignored as if there were none. */
export function readTraceparent(header: string | readonly string[] | undefined): string | null {
  const { version, trace, parent, flags, more } = (typeof header === 'string' && TRACEPARENT.exec(header)?.groups) || {};
  if (version === undefined || (version === '00' && more !== '')) return null;
  if (version === '00') return header as string;
  // Of a later version this much is known.
  return `00-${trace!}-${parent!}-${(Number.parseInt(flags!, 16) & SAMPLED) === SAMPLED ? '01' : '00'}`;
}

/** What log lines say of it. */
export const traceFields = (traceparent: string | null): { trace_id?: string } => (traceparent === null ? {} : { trace_id: traceparent.split('-')[1]! });
