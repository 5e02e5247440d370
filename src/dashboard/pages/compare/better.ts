// Which way a metric is better.

/** 1: the higher, the better; -1: the lower; undefined: neither can be said. */
export function directionOf(name: string): 1 | -1 | undefined {
  if (/(accuracy|precision|recall|f1|auc|r2|mcc|kappa)$/.test(name)) return 1;
  return /(loss|rmse|mae|mse|ece|brier)$/.test(name) ? -1 : undefined;
}

/** The best of them. undefined where none is, or all are alike. */
export function bestOf(name: string, values: readonly (number | undefined)[]): number | undefined {
  const direction = directionOf(name);
  const there = values.filter((value) => value !== undefined);
  if (direction === undefined || there.length < 2 || there.every((value) => value === there[0])) return undefined;
  return direction * Math.max(...there.map((value) => direction * value));
}
