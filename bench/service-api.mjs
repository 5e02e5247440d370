// The requests of a bench to the service it measures.
import { setTimeout as delay } from 'node:timers/promises';

/** @param {string} url @param {{ pollMs: number }} settings */
export function benchApi(url, { pollMs }) {
  /** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
  const ask = async (path, init) => {
    const answer = await fetch(url + path, init);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  /** Asks again and again, until the status is as wanted. @param {string} path @param {string} wanted */
  const until = (path, wanted) => untilSeen(path, ({ status }) => status === wanted);
  /** @param {string} path @param {(found: any) => boolean} isWanted */
  const untilSeen = async (path, isWanted) => {
    for (;;) {
      const found = await ask(path);
      if (isWanted(found)) return found;
      if (found.error) throw new Error(found.error.message);
      await delay(pollMs);
    }
  };
  return {
    ask,
    until,
    untilSeen,
    /** Submits a job and waits for its end. @param {object} request */
    async ended(request) {
      const { id } = await ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
      return until(`/v1/jobs/${id}`, 'succeeded');
    },
  };
}
