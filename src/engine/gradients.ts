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
  /** A number the layer sets. */
  setting?: 'alpha';
}

/**
 * By kernel of tfjs. Each takes the output where it can, and then the input need not be kept: TensorFlow 2.21's graph optimizer fuses
 * an activation with the bias before it even where a gradient still reads what lies between, and then drops all its other fusions too
 * ("remapper failed"). A leaky ReLU has the sign of its input.
 */
const NATIVE_GRADIENTS: Readonly<Record<string, NativeGradient>> = {
  Relu: { op: 'ReluGrad', of: 'output', upstream: 'first' },
  Relu6: { op: 'Relu6Grad', of: 'output', upstream: 'first' },
  LeakyRelu: { op: 'LeakyReluGrad', of: 'output', upstream: 'first', setting: 'alpha' },
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
  for (const [kernelName, { op, of, upstream, setting }] of Object.entries(NATIVE_GRADIENTS)) {
    const typed = { name: 'T', type: binding.TF_ATTR_TYPE!, value: binding.TF_FLOAT };
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      ...(of === 'input' ? { inputsToSave: ['x'] } : { outputsToSave: [true] }),
      gradFunc(gradient, saved, settings) {
        const operands = upstream === 'first' ? [gradient as Tensor, saved[0]!] : [saved[0]!, gradient as Tensor];
        const extra = setting === undefined ? [] : [{ name: setting, type: binding.TF_ATTR_FLOAT!, value: settings[setting] }];
        return { x: () => nativeBackend(tf).executeSingleOutput(op, [typed, ...extra], operands) };
      },
    });
  }
}
