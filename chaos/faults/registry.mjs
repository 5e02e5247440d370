// Every fault that can be tried, in the order in which the table tries them.
import { killedTrainer } from './killed-trainer.mjs';

/** @type {readonly import('./fault.mjs').Fault[]} */
export const FAULTS = [killedTrainer];
