// When a job will have ended, from what is left of it: as likely too much as too little, and so that it has ended nine times in ten.
import type { Progress } from '#contract/job.js';
import type { Seconds } from './paces.js';

/** What files, their proof and publishing take. */
export const FILES_SECONDS = 0.3;
/** How much longer something may take that was measured: on a shared machine single times swing. */
const SWING = 1.25;
/** How much longer something may take that was only reckoned. */
const RECKONED_SWING = 1.7;
/** What is told was stored a moment ago. */
const MARGIN_SECONDS = 0.3;

export const etaOf = ({ measured, reckoned }: Seconds): Pick<Progress, 'eta_seconds' | 'eta_p90_seconds'> => ({
  eta_seconds: rounded(measured + reckoned),
  eta_p90_seconds: rounded(SWING * measured + RECKONED_SWING * reckoned + MARGIN_SECONDS),
});

export const sumOf = (parts: readonly Seconds[]): Seconds => parts.reduce((sum, part) => ({ measured: sum.measured + part.measured, reckoned: sum.reckoned + part.reckoned }), { measured: 0, reckoned: 0 });

/** Tenths: of less than that nobody takes notice. */
const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;
