// A curve in one line of text.

const BARS = '▁▂▃▄▅▆▇█';

/** @param width at most so many letters: of more values the last */
export function sparkline(values: readonly number[], width = 24): string {
  const shown = values.filter(Number.isFinite).slice(-width);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  return shown.map((value) => BARS[high === low ? 0 : Math.round(((value - low) / (high - low)) * (BARS.length - 1))]).join('');
}

/** @param percent 0 to 100 */
export const bar = (percent: number, width = 20): string => {
  const done = Math.round((Math.min(Math.max(percent, 0), 100) / 100) * width);
  return '█'.repeat(done) + '░'.repeat(width - done);
};

/** 3725 → 1 h 2 min */
export function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
