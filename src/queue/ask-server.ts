// One question to a Valkey or Redis on a unix socket, such as PING, without a client that reconnects.
import { connect } from 'node:net';

/** The first line of the answer; `undefined` if nobody listens; 'silent' if someone does but says nothing in time. */
export function askServer(socketPath: string, command: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let answer = '';
    let connected = false;
    const finish = (result: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish('silent'), timeoutMs);
    socket.on('connect', () => {
      connected = true;
      socket.write(`${command}\r\n`);
    });
    socket.on('data', (bytes: Buffer) => {
      answer += bytes.toString('latin1');
      if (answer.includes('\r\n')) finish(answer.slice(0, answer.indexOf('\r\n')));
    });
    // A server that ends the connection without a word is on its way out.
    socket.on('error', () => finish(connected ? 'silent' : undefined));
    socket.on('close', () => finish(connected ? 'silent' : undefined));
  });
}
