// The parts of a data set. Apart from the schemas, so that a training child reads data without loading the library they are written in.

/** In the order in which they are written and gone through. */
export const PARTS = ['train', 'validation', 'test'] as const;
export type PartName = (typeof PARTS)[number];

/** One of each part. Not every data set has a validation part. */
export interface ByPart<T> {
  readonly train: T;
  readonly validation?: T;
  readonly test: T;
}

/** The parts there are. */
export const partsIn = (parts: Readonly<Partial<Record<PartName, unknown>>>): PartName[] => PARTS.filter((part) => parts[part] !== undefined);

/** What is made of each part there is. */
export function eachPart<T, U>({ train, validation, test }: ByPart<T>, make: (of: T, part: PartName) => U): ByPart<U> {
  return {
    train: make(train, 'train'),
    ...(validation !== undefined && { validation: make(validation, 'validation') }),
    test: make(test, 'test'),
  };
}
