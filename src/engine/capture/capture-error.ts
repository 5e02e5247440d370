// Why a step cannot be recorded: what, where, and what to do instead. Who meets one may run the step plainly.

export const CAPTURE_ERRORS = {
  nested_capture: 'A step is being recorded already; record one after the other.',
  nothing_recorded: 'The step ran no operation on the native backend; there is nothing to replay.',
  shared_buffer: 'An input or variable shares its buffer with another tensor, which would pass for it; give each its own copy (tf.tensor(values)).',
  foreign_tensor: 'The step uses a tensor that it neither made nor was given; declare it as an input or a variable.',
  host_read: 'The step reads a value of a tensor; what follows from it would be fixed for ever. Compute with tensors instead.',
  shape_of_values: 'The shape of the result depends on values, and would be fixed for ever. Use operations whose shapes follow from shapes.',
  kept_tensor: 'A tensor that the step made outlives it; the next step could see it, a replay could not. Declare it as a variable.',
  int64_value: 'The operation takes a 64-bit integer, which a program cannot hold.',
  unseeded_random: 'The operation draws random numbers of its own; use a stateless one keyed by seed, step and site (statelessRandom).',
  unknown_attribute: 'The operation has an attribute of a kind that a program cannot hold.',
  unknown_output: 'What the step returns was not computed in it.',
  unbound_value: 'A value is used before it exists.',
  graph_refused: 'TensorFlow does not load the recorded step.',
  assigned_twice: 'A value is made twice.',
} as const;
export type CaptureErrorCode = keyof typeof CAPTURE_ERRORS;

export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  /** @param at the operation, variable or value, such as "MatMul, input 1" */
  constructor(
    readonly code: CaptureErrorCode,
    readonly at: string,
  ) {
    super(`${at}: ${CAPTURE_ERRORS[code]}`);
  }
}
