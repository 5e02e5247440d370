// What the looks at many jobs come to: by parts of a job's time, how far the time left was off, and how often it was enough.
/** @typedef {{ eta_seconds: number, eta_p90_seconds: number, passed: number, left: number }} Look seconds each; `left` as it turned out */
/** @typedef {{ name: string, seconds: number, model: string | null, looks: Look[] }} Watched */

const PARTS = /** @type {const} */ ([[0, 0.1], [0.1, 0.25], [0.25, 0.5], [0.5, 0.75], [0.75, 0.9], [0.9, 1], [0, 1]]);
const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (/** @type {number[]} */ values, /** @type {number} */ part) => [...values].sort((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

/** Each job counts once in each part of its time, whatever its length. @param {readonly Watched[]} jobs */
export function summaryOf(jobs) {
  return PARTS.map(([from, to]) => {
    const seen = jobs
      .map(({ seconds, looks }) => ({ seconds, looks: looks.filter(({ passed }) => passed >= from * seconds && (passed < to * seconds || to === 1)) }))
      .filter(({ looks }) => looks.length > 0);
    const off = seen.map(({ seconds, looks }) => mean(looks.map(({ eta_seconds: eta, left }) => Math.abs(eta - left) / seconds)));
    const bias = seen.map(({ seconds, looks }) => mean(looks.map(({ eta_seconds: eta, left }) => (eta - left) / seconds)));
    const share = (/** @type {(look: Look) => boolean} */ holds) => mean(seen.map(({ looks }) => mean(looks.map((look) => Number(holds(look))))));
    return {
      from, to, jobs: seen.length,
      off_median: quantile(off, 0.5), off_p90: quantile(off, 0.9), bias_median: quantile(bias, 0.5),
      within_p50: share(({ eta_seconds: eta, left }) => left <= eta), within_p90: share(({ eta_p90_seconds: eta, left }) => left <= eta),
    };
  });
}

/** @param {ReturnType<typeof summaryOf>} parts */
export function tableOf(parts) {
  const percent = (/** @type {number} */ share) => (100 * share).toFixed(0);
  const rows = parts.map((part) => `| ${percent(part.from)} to ${percent(part.to)} % | ${part.jobs} | ${percent(part.off_median)} % | ${percent(part.off_p90)} % | ${percent(part.bias_median)} % | ${percent(part.within_p50)} % | ${percent(part.within_p90)} % |`);
  return ['| of its time | jobs | off, median | off, 90 % of jobs | too much (+) or little | done by `eta_seconds` | done by `eta_p90_seconds` |', '|---|---|---|---|---|---|---|', ...rows].join('\n');
}
