// The words of networks that branch. Apart from the schemas, so that a training child does not load the library they are written in.

/** In `inputs`, what the network itself is given. No layer may have this name. */
export const NETWORK_INPUT = 'input';

/** Layer classes that make one value of two or more. */
export const MERGING_CLASSES = ['Add', 'Multiply', 'Average', 'Maximum', 'Concatenate'] as const;
export type MergingClass = (typeof MERGING_CLASSES)[number];
export const isMerging = (layerClass: string): layerClass is MergingClass => (MERGING_CLASSES as readonly string[]).includes(layerClass);
