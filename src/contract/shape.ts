// Shapes of tensors.

/** A shape without the batch axis. */
export type Shape = readonly number[];

/** How many numbers a tensor of that shape holds. */
export const volume = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
