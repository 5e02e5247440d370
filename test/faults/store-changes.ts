// Each kind of change of a store, once, and all that can be seen of the store.
import type { Store } from '#store/store.js';

const LOG = 'jobs/one/events.jsonl';
const STAGED = 'job_1';

/** Something old for each change to change. */
export async function prepare(store: Store): Promise<void> {
  await store.put('jobs/one/state.json', 'old');
  await store.append(LOG, 'old\n');
  await store.put('gone/record', 'old');
  const staging = await store.stage(STAGED);
  await store.writeStaged(staging, 'manifest.json', 'new');
}

const staged = async (store: Store) => store.staged((await store.listStaged()).find((name) => name.startsWith(STAGED)) ?? 'none');

export const CHANGES = {
  put: (store) => store.put('jobs/one/state.json', 'new'),
  putVolatile: (store) => store.putVolatile('jobs/one/state.json', 'new'),
  putIfAbsent: async (store) => void (await store.putIfAbsent('jobs/one/outcome.json', 'new')),
  append: async (store) => {
    // A line that was written by the first try is not written by the second: its writer would have mended it.
    if (!String(await store.get(LOG)).includes('new')) await store.append(LOG, 'new\n');
    await store.sync(LOG);
  },
  delete: async (store) => void (await store.delete('gone')),
  publish: async (store) => {
    const staging = await staged(store);
    if (!staging) return;
    await store.seal(staging);
    await store.publish(staging, 'models/one');
  },
  discard: async (store) => {
    const staging = await staged(store);
    if (staging) await store.discard(staging);
  },
} as const satisfies Record<string, (store: Store) => Promise<void>>;

export type ChangeName = keyof typeof CHANGES;

/** Every object with what it holds, and what is staged without its drawn name. */
export async function seen(store: Store): Promise<string> {
  const lines: string[] = [];
  const walk = async (prefix: string): Promise<void> => {
    for (const name of await store.list(prefix)) {
      const key = prefix === '' ? name : `${prefix}/${name}`;
      const bytes = await store.get(key);
      if (bytes === undefined) await walk(key);
      else lines.push(`${key}: ${bytes.toString()}`);
    }
  };
  await walk('');
  return [...lines, `staged: ${(await store.listStaged()).length}`].join('\n');
}
