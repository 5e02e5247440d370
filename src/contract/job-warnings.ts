// What may go wrong in a job that can be accepted: told before it begins, in its spec.
import Type, { type Static } from './typebox.js';
import { closed, oneOf } from './schema.js';

/** Each with its sentence. The guide explains each; a test keeps the two the same. */
export const JOB_WARNINGS = {
  POLARITY_DIFFERS: (source: string, target: string) => `The base model learnt from pictures that are ${source}, and these are ${target}: turn one of them round.`,
  BRIGHTNESS_DIFFERS: (source: string, target: string) => `The base model learnt from values around ${source}, and these lie around ${target} (mean ± deviation): what it knows may be worth little here.`,
  MARGIN_DIFFERS: (source: string, target: string) => `The base model learnt from pictures with a margin of ${source} px, and these have one of ${target} px: bring what they show to the same size.`,
} as const satisfies Record<string, (source: string, target: string) => string>;
export type JobWarningCode = keyof typeof JOB_WARNINGS;

export const JobWarning = closed({ code: oneOf(Object.keys(JOB_WARNINGS) as JobWarningCode[]), message: Type.String() });
export type JobWarning = Static<typeof JobWarning>;

export const jobWarning = (code: JobWarningCode, source: string, target: string): JobWarning => ({ code, message: JOB_WARNINGS[code](source, target) });
