// Work on many items, several at a time, whose results come in the order of the items.

export interface Pace {
  /** Most items at work at a time. */
  readonly atOnce: number;
  /** Most that the items at work may weigh together; one alone may weigh more. */
  readonly mostWeight: number;
}

/** What the work throws is thrown in its turn, once all that had begun has ended. */
export async function* inOrder<T, U>(items: Iterable<T>, { atOnce, mostWeight }: Pace, weightOf: (item: T) => number, work: (item: T) => Promise<U>): AsyncGenerator<U> {
  const begun: { weight: number; result: Promise<U> }[] = [];
  let weight = 0;
  const oldest = async (): Promise<U> => {
    const { result, weight: freed } = begun.shift()!;
    weight -= freed;
    return result;
  };
  try {
    for (const item of items) {
      const added = weightOf(item);
      while (begun.length > 0 && (begun.length >= atOnce || weight + added > mostWeight)) yield await oldest();
      const result = work(item);
      // Whoever waits for it is told; until then a failure is not one that nobody looks at.
      result.catch(() => undefined);
      begun.push({ weight: added, result });
      weight += added;
    }
    while (begun.length > 0) yield await oldest();
  } finally {
    await Promise.allSettled(begun.map(({ result }) => result));
  }
}
