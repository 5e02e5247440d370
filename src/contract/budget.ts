// How much training is enough: what a caller may ask for, and what a resolved spec holds. A budget that is used up ends training
// well, with a model of what was learnt; a limit (contract/job-request.ts) ends the job without one.
import Type, { type Static } from './typebox.js';
import { closed } from './schema.js';

/** The parts of a budget, in the order in which they are looked at. */
export const BUDGETS = ['steps', 'until', 'seconds'] as const;
/** Which part of a budget was used up. */
export type BudgetPart = (typeof BUDGETS)[number];

const metric = Type.String({ maxLength: 64, description: 'A metric that is measured after each epoch, such as val_accuracy.', examples: ['val_accuracy'] });
export const Until = Type.Union(
  [
    closed({ metric, at_least: Type.Number({ minimum: 0, maximum: 1 }) }, { title: 'at_least', description: 'For what gets better as it grows.' }),
    closed({ metric, at_most: Type.Number({ minimum: 0 }) }, { title: 'at_most', description: 'For a loss.' }),
  ],
  { description: 'Training ends after the first epoch whose metric is that good.' },
);
export type Until = Static<typeof Until>;

const steps = Type.Integer({ minimum: 1, description: 'Optimizer steps of a run, over all stages.' });
/** Under the 24.8 days that a timer takes. */
export const MOST_RUN_SECONDS = 2_000_000;
const seconds = Type.Integer({ minimum: 1, maximum: MOST_RUN_SECONDS, description: 'Time each main run may train, over all attempts: epochs and their validation, without start-up, features and test. Beside training.preset: time that all of the job may take.' });
const jobSeconds = Type.Integer({ description: 'Time that all of the job may take, over all attempts, waiting left out: training ends so that test, report and files fit into it. Left out where there is no such bound.' });

export const BudgetRequest = closed(
  { steps: Type.Optional(steps), seconds: Type.Optional(seconds), until: Type.Optional(Until) },
  { minProperties: 1, description: 'Training ends with the first of these, and the job succeeds with what was learnt by then.' },
);
export type BudgetRequest = Static<typeof BudgetRequest>;

/** With nothing left open: null for what has no bound. */
export const Budget = closed(
  { steps: Type.Union([steps, Type.Null()]), until: Type.Union([Until, Type.Null()]), seconds: Type.Union([seconds, Type.Null()]), job_seconds: Type.Optional(jobSeconds) },
  { title: 'Budget' },
);
export type Budget = Static<typeof Budget>;
