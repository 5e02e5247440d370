// What a network is to tell of an example. Apart from the schemas, so that a training child does not load the library they are written in.

/** Its class, or values of a target. */
export const TASKS = ['classification', 'regression'] as const;
export type Task = (typeof TASKS)[number];

/** Values an example may have to be told; each takes memory for each example. */
export const MOST_TARGET_VALUES = 100;
