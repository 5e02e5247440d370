// A dense layer with a change of low rank beside its kernel: y = x W + (α / r) (x A) B + b. Only training knows it; the published layer is a Dense with
// the change in its kernel.
import type { Tensor, TensorFlow } from '../native.js';

export interface LoraSettings {
  rank: number;
  /** α / r. */
  scale: number;
}
interface Settings extends LoraSettings {
  units: number;
  activation?: string;
  use_bias?: boolean;
}
type LayerVariable = ReturnType<InstanceType<TensorFlow['layers']['Layer']>['addWeight']>;

export const LORA_DENSE = 'LoraDense';

export function registerLoraDense(tf: TensorFlow): void {
  class LoraDense extends tf.layers.Layer {
    static readonly className = LORA_DENSE;
    private readonly settings: Required<Settings>;
    private readonly weightsByName = new Map<string, LayerVariable>();

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & Settings) {
      super(config);
      const { units, activation = 'linear', use_bias: useBias = true, rank, scale } = config;
      this.settings = { units, activation, use_bias: useBias, rank, scale };
    }

    override build(inputShape: number[]): void {
      const { units, use_bias: useBias, rank } = this.settings;
      const inputs = inputShape.at(-1)!;
      const weight = (name: string, shape: number[]): void => void this.weightsByName.set(name, this.addWeight(name, shape, 'float32', tf.initializers.zeros(), undefined, true));
      weight('kernel', [inputs, units]);
      if (useBias) weight('bias', [units]);
      weight('lora_a', [inputs, rank]);
      weight('lora_b', [rank, units]);
      super.build(inputShape);
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      return tf.tidy(() => {
        const [kernel, bias, a, b] = ['kernel', 'bias', 'lora_a', 'lora_b'].map((name) => this.weightsByName.get(name)?.read());
        const rows = tf.reshape(input, [-1, input.shape.at(-1)!]);
        const plain = tf.matMul<Tensor>(rows, kernel!);
        // The bias last: TensorFlow 2.21's graph optimizer takes a sum after it for one it can fuse with an activation, makes an operation without a name, and gives up.
        const changed = tf.add(plain, tf.mul(tf.matMul(tf.matMul(rows, a!), b!), this.settings.scale));
        const shaped = tf.reshape(bias ? tf.add(changed, bias) : changed, [...input.shape.slice(0, -1), this.settings.units]);
        return tf.layers.activation({ activation: this.settings.activation as never }).apply(shaped) as Tensor;
      });
    }

    override computeOutputShape(shape: number[]): number[] {
      return [...shape.slice(0, -1), this.settings.units];
    }

    override getConfig() {
      return { ...super.getConfig(), ...this.settings };
    }
  }
  tf.serialization.registerClass(LoraDense);
}
