// What the process of a job holds, as its worker last said.
import { bytes } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { client } from '../../session.js';

export function Memory({ job }: { job: string }) {
  const { data } = useLive('system', (signal) => client.value.system.get({ signal }), 5_000);
  const held = data?.workers.flatMap(({ children = [] }) => children).find(({ id }) => id === job)?.resident_bytes;
  return <>{typeof held === 'number' ? bytes(held) : '—'}</>;
}
