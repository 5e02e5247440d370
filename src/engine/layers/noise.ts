// Layers that disturb what they pass on while training: dropout and its relatives. What they draw is a function of seed, step and
// layer. They answer a defect of tfjs: its own either draw from Math.random or, seeded, repeat one mask in every step. They load
// and save under the standard names.
import type { Tensor, TensorFlow } from '../native.js';
import { drawsAt, type Draws } from '../draws.js';
import { newContext, type ContextualLayer } from './context.js';

interface Noise {
  /** The one setting: a rate in [0, 1) or a standard deviation. At 0 the layer does nothing. */
  setting: 'rate' | 'stddev';
  disturb: (tf: TensorFlow, input: Tensor, amount: number, draws: Draws) => Tensor;
}

/** 1 where a value is kept, 0 where it is dropped. */
const kept = (tf: TensorFlow, shape: number[], rate: number, draws: Draws): Tensor =>
  tf.cast(tf.greaterEqual(draws.uniform(shape), rate), 'float32');

/** What SELU tends to for very negative values: −λα (Klambauer et al. 2017). */
const SELU_FLOOR = -1.7580993408473766;

const NOISE: Readonly<Record<string, Noise>> = {
  /** Srivastava et al. 2014. */
  Dropout: {
    setting: 'rate',
    disturb: (tf, input, rate, draws) => tf.mul(input, tf.div(kept(tf, input.shape, rate, draws), 1 - rate)),
  },
  /** Whole channels of a sequence [batch, steps, channels] (Tompson et al. 2015). */
  SpatialDropout1D: {
    setting: 'rate',
    disturb: (tf, input, rate, draws) =>
      tf.mul(input, tf.div(kept(tf, [input.shape[0], 1, input.shape[2]!], rate, draws), 1 - rate)),
  },
  /** Times a normal number around 1, of the variance dropout at that rate has (Srivastava et al. 2014, section 10). */
  GaussianDropout: {
    setting: 'rate',
    disturb: (tf, input, rate, draws) => tf.mul(input, tf.add(tf.mul(draws.normal(input.shape), Math.sqrt(rate / (1 - rate))), 1)),
  },
  GaussianNoise: {
    setting: 'stddev',
    disturb: (tf, input, stddev, draws) => tf.add(input, tf.mul(draws.normal(input.shape), stddev)),
  },
  /** Keeps mean and variance of self-normalising networks (Klambauer et al. 2017). */
  AlphaDropout: {
    setting: 'rate',
    disturb: (tf, input, rate, draws) => {
      const keep = kept(tf, input.shape, rate, draws);
      const dropped = tf.add(tf.mul(input, keep), tf.mul(tf.sub(1, keep), SELU_FLOOR));
      const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * SELU_FLOOR ** 2));
      return tf.add(tf.mul(dropped, scale), -scale * SELU_FLOOR * rate);
    },
  },
};

/** Puts the classes in the place of tfjs's own. Layers made from then on need their `context` set before training. */
export function registerNoise(tf: TensorFlow): void {
  for (const [className, noise] of Object.entries(NOISE)) tf.serialization.registerClass(noiseLayer(tf, className, noise));
}

function noiseLayer(tf: TensorFlow, name: string, { setting, disturb }: Noise) {
  return class extends tf.layers.Layer implements ContextualLayer {
    static readonly className = name;
    context = newContext();
    readonly amount: number;

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & { rate?: number; stddev?: number }) {
      super(config);
      this.amount = config[setting]!;
    }

    override call(inputs: Tensor | Tensor[], options: { training?: boolean }): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      if (options.training !== true || this.amount === 0) return tf.clone(input);
      return tf.tidy(() => disturb(tf, input, this.amount, drawsAt(tf, this.context.seed, this.name, this.context.step!)));
    }

    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }

    override getConfig() {
      return { ...super.getConfig(), [setting]: this.amount };
    }
  };
}
