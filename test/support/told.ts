// What a job tells, heard as it happens: from the stream that a user's page listens to.
import { get } from 'node:http';
import type { JobEvent } from '#contract/event.js';

/** The first event that is what is waited for, one of earlier too. @throws Error naming `what` after `withinMs`, or where the stream ends without it */
export function told(url: string, jobId: string, what: string, is: (event: JobEvent) => boolean, withinMs: number): Promise<JobEvent> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/v1/jobs/${jobId}/events`, { headers: { accept: 'text/event-stream' }, agent: false }, (response) => {
      let unread = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (unread + text).split('\n');
        unread = lines.pop()!;
        for (const line of lines.filter((each) => each.startsWith('data: '))) {
          const event = JSON.parse(line.slice('data: '.length)) as JobEvent;
          if (is(event)) return end(() => resolve(event));
        }
      });
      response.on('error', (problem) => end(() => reject(problem)));
      response.on('end', () => end(() => reject(new Error(`the events of ${jobId} ended before this: ${what}`))));
    });
    request.on('error', (problem) => end(() => reject(problem)));
    const timer = setTimeout(() => end(() => reject(new Error(`not within ${withinMs} ms: ${what}`))), withinMs);
    // Only the first to come decides. To leave ends the stream.
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
      request.destroy();
    };
  });
}
