// A store that stops working after some changes, as one does whose process dies: everything before that has been done.
import type { Store } from '#store/store.js';

const CHANGES = new Set<PropertyKey>([
  'put', 'putVolatile', 'putIfAbsent', 'append', 'sync', 'truncate', 'delete', 'stage', 'writeStaged', 'linkStaged', 'seal', 'publish', 'discard',
]);

export class StoreGone extends Error {
  override readonly name = 'StoreGone';
}

/** The same store, which carries out so many changes and refuses every further one. */
export function failingAfter(store: Store, changes: number): Store {
  let left = changes;
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      const method = value as (...values: unknown[]) => unknown;
      if (!CHANGES.has(name)) return method.bind(target);
      return async (...values: unknown[]) => {
        if (left === 0) throw new StoreGone(String(name));
        left -= 1;
        return method.apply(target, values);
      };
    },
  });
}
