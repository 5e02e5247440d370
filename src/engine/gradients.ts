// Gradients that TensorFlow has one operation for, in the place of the several that tfjs composes them of: its gradient of ReLU
// is six operations over a tensor of ones as large as the layer's output, and holds on to the layer's input, so that TensorFlow
// cannot fuse the activation with the product before it.
import { nativeBackend } from './native-backend.js';
import type { Tensor, TensorFlow } from './native.js';

interface NativeGradient {
  op: string;
  /** What it takes beside the upstream gradient, and which of the two comes first. */
  of: 'input' | 'output';
  upstream: 'first' | 'second';
}

/**
 * By kernel of tfjs. LeakyReluGrad is not among them: TensorFlow 2.21's graph optimizer fuses the activation with the bias before it and
 * then misses the input that this gradient needs ("remapper failed"), which costs every other fusion of the graph. Each saves its output
 * where the operation takes that, and then the input need not be kept.
 */
const NATIVE_GRADIENTS: Readonly<Record<string, NativeGradient>> = {
  Relu: { op: 'ReluGrad', of: 'output', upstream: 'first' },
  Relu6: { op: 'Relu6Grad', of: 'output', upstream: 'first' },
  Selu: { op: 'SeluGrad', of: 'output', upstream: 'first' },
  Softplus: { op: 'SoftplusGrad', of: 'input', upstream: 'first' },
  Sigmoid: { op: 'SigmoidGrad', of: 'output', upstream: 'second' },
  Tanh: { op: 'TanhGrad', of: 'output', upstream: 'second' },
};

const replaced = new WeakSet<TensorFlow>();

/** Replaces the gradients, once for a library. */
export function useNativeGradients(tf: TensorFlow): void {
  if (replaced.has(tf)) return;
  replaced.add(tf);
  const { binding } = nativeBackend(tf);
  for (const [kernelName, { op, of, upstream }] of Object.entries(NATIVE_GRADIENTS)) {
    const typed = { name: 'T', type: binding.TF_ATTR_TYPE!, value: binding.TF_FLOAT };
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      ...(of === 'input' ? { inputsToSave: ['x'] } : { outputsToSave: [true] }),
      gradFunc(gradient, saved) {
        const operands = upstream === 'first' ? [gradient as Tensor, saved[0]!] : [saved[0]!, gradient as Tensor];
        return { x: () => nativeBackend(tf).executeSingleOutput(op, [typed], operands) };
      },
    });
  }
}
