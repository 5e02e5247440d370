// A first look at an upload while it streams: what begins like no known format is refused in the answer.

/** True for what begins as gzip does (RFC 1952) or as IDX does (two zero bytes, a type, a number of dimensions). */
export const looksReadable = (start: Uint8Array): boolean =>
  (start[0] === 0x1f && start[1] === 0x8b) || (start[0] === 0 && start[1] === 0);
