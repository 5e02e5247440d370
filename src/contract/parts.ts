// The parts of a data set. Apart from the schemas, so that a training child reads data without loading the library they are written in.
export const PARTS = ['train', 'test'] as const;
export type PartName = (typeof PARTS)[number];
