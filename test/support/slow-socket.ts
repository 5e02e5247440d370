// A client that takes its time: what it sends first, and what it drips after.
import { connect } from 'node:net';

export interface Slow {
  /** At once. */
  first: string;
  /** Again and again after it. @default nothing more */
  drip?: { text: string; everyMs: number };
}

export interface Closed {
  /** The first line of what the server said; empty where it only closed. */
  heard: string;
  afterMs: number;
}

/** Resolves when the server has closed the connection. */
export function slowSocket(url: string, { first, drip }: Slow): Promise<Closed> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let heard = '';
    const socket = connect(Number(port), hostname, () => socket.write(first));
    const dripping = drip && setInterval(() => socket.write(drip.text), drip.everyMs);
    socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
    socket.on('error', () => undefined); // it was closed while something was on its way
    socket.on('close', () => {
      clearInterval(dripping);
      resolve({ heard: heard.split('\r\n', 1)[0]!, afterMs: performance.now() - startedMs });
    });
  });
}
