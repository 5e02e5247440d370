// The API process alone. Workers run elsewhere: node dist/workers/train-worker.js.
import { announce, runProcess } from './process.js';
import { startService } from './service.js';

await runProcess('rootstock-api', async (settings, log) => {
  const service = await startService(settings, log);
  announce(service.url);
  return service;
});
