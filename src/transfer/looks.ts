// Whether what a network learnt from looks like what it is to learn from next. One line of preparation, such as a margin of four pixels, can be
// worth more than any method of transfer (docs/decisions/transfer.md, "Source and target that look different").
import type { Look } from '../contract/dataset.js';
import { jobWarning, type JobWarning } from '../contract/job-warnings.js';

/** Deviations between the mean and the edge, from which on there is something light on a dark ground, or dark on a light one. */
const CLEAR_GROUND = 0.25;
/** Deviations between the means. */
const FAR_APART = 0.5;
/** Times one deviation may be the other. */
const OTHER_SPREAD = 2;
/** Part of the shorter side. */
const OTHER_MARGIN = 0.1;

/** @param side shorter side of the pictures, in pixels @returns what is told where nothing is known of one of them: nothing */
export function lookWarnings(source: Look | undefined, target: Look | undefined, side: number): JobWarning[] {
  if (!source || !target) return [];
  const warnings: JobWarning[] = [];
  const [ofSource, ofTarget] = [groundOf(source), groundOf(target)];
  if (ofSource && ofTarget && ofSource !== ofTarget) warnings.push(jobWarning('POLARITY_DIFFERS', ofSource, ofTarget));
  const deviation = Math.hypot(source.deviation, target.deviation) / Math.SQRT2;
  const apart = Math.abs(source.mean - target.mean) > FAR_APART * deviation;
  const spread = Math.max(source.deviation, target.deviation) > OTHER_SPREAD * Math.min(source.deviation, target.deviation);
  if (apart || spread) warnings.push(jobWarning('BRIGHTNESS_DIFFERS', rangeOf(source), rangeOf(target)));
  if (Math.abs(source.margin - target.margin) >= OTHER_MARGIN * side) warnings.push(jobWarning('MARGIN_DIFFERS', String(source.margin), String(target.margin)));
  return warnings;
}

function groundOf({ mean, edge, deviation }: Look): string | undefined {
  if (Math.abs(mean - edge) <= CLEAR_GROUND * deviation) return undefined;
  return mean > edge ? 'light on dark' : 'dark on light';
}

const rangeOf = ({ mean, deviation }: Look): string => `${mean.toPrecision(2)} ± ${deviation.toPrecision(2)}`;
