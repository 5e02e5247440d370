// Colours of series: Okabe and Ito's, told apart also by those who see few colours. On white only the first four have the contrast of 3 : 1 that
// lines need (WCAG 1.4.11); dashes make up for the rest (visual.md).
import type { Theme } from '../theme.js';

const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const DARK = ['#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#f0e442', '#0072b2'];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** How the series of a place is drawn. A series keeps its place when others come or go. */
export function strokeOf(place: number, theme: Theme): { color: string; dash: readonly number[] } {
  const colors = theme === 'dark' ? DARK : LIGHT;
  return { color: colors[place % colors.length]!, dash: DASHES[Math.floor(place / colors.length) % DASHES.length]! };
}
