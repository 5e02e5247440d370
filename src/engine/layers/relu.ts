// ReLU with a limit, and the activation "relu6", by TensorFlow's Relu6. tfjs writes both as minimum(6, relu(x)), whose gradient
// uploads masks of the size of the layer's output: 198 MB of them in a step of MobileNetV2. Both load and save under the standard names.
import type { Tensor, TensorFlow } from '../native.js';

export function registerRelu(tf: TensorFlow): void {
  class Relu6 extends tf.serialization.Serializable {
    static readonly className = 'relu6';

    apply(input: Tensor): Tensor {
      return tf.relu6(input);
    }

    getConfig() {
      return {};
    }
  }

  class ReLU extends tf.layers.Layer {
    static readonly className = 'ReLU';
    private readonly maxValue: number | undefined;

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & { maxValue?: number | null }) {
      super(config);
      this.maxValue = config.maxValue ?? undefined;
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      if (this.maxValue === undefined) return tf.relu(input);
      // min(max(x, 0), c) = c/6 · relu6(6x/c); for 6 it is relu6 itself.
      if (this.maxValue === 6) return tf.relu6(input);
      const scale = this.maxValue / 6;
      return tf.tidy(() => tf.mul(tf.relu6(tf.div(input, scale)), scale));
    }

    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }

    override getConfig() {
      return { ...super.getConfig(), maxValue: this.maxValue ?? null };
    }
  }
  tf.serialization.registerClass(Relu6);
  tf.serialization.registerClass(ReLU);
}
