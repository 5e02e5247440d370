// Batch normalisation (Ioffe & Szegedy 2015) by TensorFlow's fused operation. It answers three defects of tfjs's own: that one
// moves its statistics even when frozen, crashes in training without scale or centre, and has a gradient of dozens of operations.
// Loads and saves under the standard name.
import type { Tensor, TensorFlow } from '../native.js';
import { batchNormalization } from '../native-operations.js';
import { newContext, type ContextualLayer } from './context.js';

interface Settings {
  momentum?: number;
  epsilon?: number;
  center?: boolean;
  scale?: boolean;
}
type LayerVariable = ReturnType<InstanceType<TensorFlow['layers']['Layer']>['addWeight']>;

/** Over the last axis. Training while it learns: statistics of the batch; frozen or in use: the moving ones, which then stay. */
export function registerBatchNormalization(tf: TensorFlow): void {
  class BatchNormalization extends tf.layers.Layer implements ContextualLayer {
    static readonly className = 'BatchNormalization';
    context = newContext();
    private readonly settings: Required<Settings>;
    private gamma: LayerVariable | undefined;
    private beta: LayerVariable | undefined;
    private movingMean!: LayerVariable;
    private movingVariance!: LayerVariable;

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & Settings) {
      super(config);
      const { momentum = 0.99, epsilon = 0.001, center = true, scale = true } = config;
      this.settings = { momentum, epsilon, center, scale };
    }

    override build(inputShape: number[]): void {
      const shape = [inputShape.at(-1)!];
      const weight = (name: string, start: 'zeros' | 'ones', learns: boolean): LayerVariable =>
        this.addWeight(name, shape, 'float32', tf.initializers[start](), undefined, learns);
      if (this.settings.scale) this.gamma = weight('gamma', 'ones', true);
      if (this.settings.center) this.beta = weight('beta', 'zeros', true);
      this.movingMean = weight('moving_mean', 'zeros', false);
      this.movingVariance = weight('moving_variance', 'ones', false);
      super.build(inputShape);
    }

    override call(inputs: Tensor | Tensor[], options: { training?: boolean }): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      return tf.tidy(() => {
        const channels = input.shape.at(-1)!;
        const gamma = this.gamma?.read() ?? tf.ones([channels]);
        const beta = this.beta?.read() ?? tf.zeros([channels]);
        const { epsilon } = this.settings;
        if (options.training !== true || !this.context.learning.has(this.name)) {
          const moving = { mean: this.movingMean.read(), variance: this.movingVariance.read() };
          return batchNormalization(tf, input, gamma, beta, epsilon, moving).values;
        }
        const { values, mean, variance } = batchNormalization(tf, input, gamma, beta, epsilon);
        this.move(this.movingMean, mean);
        this.move(this.movingVariance, variance);
        return values;
      });
    }

    private move(moving: LayerVariable, towards: Tensor): void {
      const { momentum } = this.settings;
      const variable = moving.read() as ReturnType<typeof tf.variable>;
      variable.assign(tf.add(tf.mul(variable, momentum), tf.mul(towards, 1 - momentum)));
    }

    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }

    override getConfig() {
      return { ...super.getConfig(), axis: -1, ...this.settings };
    }
  }
  tf.serialization.registerClass(BatchNormalization);
}
