/** The activations that ONNX has its recurrent layers use; others are not written. */
export const USUAL_ACTIVATIONS = { activation: 'tanh', recurrent_activation: 'sigmoid' } as const;
