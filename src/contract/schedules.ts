// How the learning rate goes through a stage, each way with the settings it takes, by the names and defaults of its source.
import Type from './typebox.js';
import { choice, type Asked, type Resolved } from './choice.js';

const part = (usual: number, description: string) => Type.Number({ minimum: 0, exclusiveMaximum: 1, default: usual, description });
const divisor = (usual: number, description: string) => Type.Number({ minimum: 1, maximum: 1e9, default: usual, description });
const warmup = part(0, 'Part of the stage’s steps in which the rate rises evenly, from 0.');

export const SCHEDULE_SETTINGS = {
  constant: { warmup },
  step: {
    warmup,
    milestones: Type.Array(Type.Number({ minimum: 0, maximum: 1 }), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      default: [0.4, 0.6, 0.8],
      description: 'Parts of the stage’s steps after which the rate falls.',
    }),
    factor: Type.Number({ minimum: 0, maximum: 1, default: 0.1, description: 'What the rate is multiplied by at each.' }),
  },
  cosine: { warmup, final_factor: part(0, 'Part of the rate that it comes down to.') },
  one_cycle: {
    pct_start: part(0.25, 'Part of the steps in which the rate rises.'),
    div: divisor(25, 'The first step has the rate divided by this.'),
    div_final: divisor(1e5, 'The last step has the rate divided by this.'),
  },
  slanted_triangular: {
    cut_frac: part(0.1, 'Part of the steps in which the rate rises.'),
    ratio: divisor(32, 'How much smaller the lowest rate is.'),
  },
  reduce_on_plateau: {
    metric: Type.String({ maxLength: 64, default: 'val_loss', description: 'What must get better: a metric that is measured after each epoch.' }),
    factor: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.1, description: 'What the rate is multiplied by.' }),
    patience: Type.Integer({ minimum: 1, maximum: 10_000, default: 10, description: 'The rate falls after so many epochs in a row that were no better than the best.' }),
    min_delta: Type.Number({ minimum: 0, maximum: 1e6, default: 1e-4, description: 'An epoch is better from more than this difference on.' }),
    cooldown: Type.Integer({ minimum: 0, maximum: 10_000, default: 0, description: 'Epochs after a fall that are not counted.' }),
    min_factor: part(0, 'Part of the rate below which it does not fall.'),
  },
} as const;
type Table = typeof SCHEDULE_SETTINGS;
export type ScheduleName = keyof Table;
/** A schedule as a caller names it. */
export type ScheduleRequest = Asked<Table>;
/** A schedule with nothing left open. */
export type ScheduleSettings<N extends ScheduleName = ScheduleName> = Resolved<Table, N>;
export const { names: SCHEDULES, request: ScheduleRequest, settings: ScheduleSettings, resolve: resolveSchedule } = choice('Schedule', SCHEDULE_SETTINGS);
