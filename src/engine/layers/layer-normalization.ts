// Layer normalisation (Ba et al. 2016) over the last axis, with the gradient written out: that of tfjs's own grows into thousands
// of operations. Loads and saves under the standard name.
import type { Tensor, TensorFlow } from '../native.js';

interface Settings {
  epsilon?: number;
  center?: boolean;
  scale?: boolean;
}
type LayerVariable = ReturnType<InstanceType<TensorFlow['layers']['Layer']>['addWeight']>;

/**
 * x̂ = (x − mean) / √(variance + ε) of each example.
 * With r = 1 / √(variance + ε): ∂x = r (∂x̂ − mean(∂x̂) − x̂ mean(∂x̂ x̂)).
 */
function standardized(tf: TensorFlow, input: Tensor, epsilon: number): Tensor {
  const operation = tf.customGrad((x, save) => {
    const centred = tf.sub(x as Tensor, tf.mean(x as Tensor, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const value = tf.mul(centred, scale);
    (save as (tensors: Tensor[]) => void)([value, scale]);
    return {
      value,
      gradFunc(upstream, saved) {
        const [result, r] = saved as [Tensor, Tensor];
        const along = tf.mul(result, tf.mean(tf.mul(upstream, result), -1, true));
        return tf.mul(r, tf.sub(tf.sub(upstream, tf.mean(upstream, -1, true)), along));
      },
    };
  });
  return operation(input);
}

export function registerLayerNormalization(tf: TensorFlow): void {
  class LayerNormalization extends tf.layers.Layer {
    static readonly className = 'LayerNormalization';
    private readonly settings: Required<Settings>;
    private gamma: LayerVariable | undefined;
    private beta: LayerVariable | undefined;

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & Settings) {
      super(config);
      const { epsilon = 0.001, center = true, scale = true } = config;
      this.settings = { epsilon, center, scale };
    }

    override build(inputShape: number[]): void {
      const shape = [inputShape.at(-1)!];
      if (this.settings.scale) this.gamma = this.addWeight('gamma', shape, 'float32', tf.initializers.ones());
      if (this.settings.center) this.beta = this.addWeight('beta', shape, 'float32', tf.initializers.zeros());
      super.build(inputShape);
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      return tf.tidy(() => {
        const values = standardized(tf, input, this.settings.epsilon);
        const scaled = this.gamma ? tf.mul(values, this.gamma.read()) : values;
        return this.beta ? tf.add(scaled, this.beta.read()) : scaled;
      });
    }

    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }

    override getConfig() {
      return { ...super.getConfig(), axis: -1, ...this.settings };
    }
  }
  tf.serialization.registerClass(LayerNormalization);
}
