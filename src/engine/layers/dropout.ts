// Dropout (Srivastava et al. 2014) whose mask is a function of seed, step and layer. It answers a defect of tfjs: its own
// Dropout either draws from Math.random or, seeded, repeats one mask in every step. Loads and saves under the standard name.
import type { Tensor, TensorFlow } from '../native.js';
import { statelessUniform } from '../native-backend.js';
import { newContext, type ContextualLayer } from './context.js';

/** Puts the class in the place of tfjs's own. Layers made from then on need their `context` set before training. */
export function registerDropout(tf: TensorFlow): void {
  class Dropout extends tf.layers.Layer implements ContextualLayer {
    static readonly className = 'Dropout';
    context = newContext();
    readonly rate: number;

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & { rate: number }) {
      super(config);
      this.rate = config.rate;
    }

    override call(inputs: Tensor | Tensor[], options: { training?: boolean }): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      if (options.training !== true || this.rate === 0) return tf.clone(input);
      return tf.tidy(() => {
        const key = tf.stack([tf.scalar(siteKey(this.context.seed, this.name) | 0, 'int32'), this.context.step!]);
        const drawn = statelessUniform(tf, input.shape, key);
        const kept = tf.cast(tf.greaterEqual(drawn, this.rate), 'float32');
        return tf.mul(input, tf.div(kept, 1 - this.rate));
      });
    }

    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }

    override getConfig() {
      return { ...super.getConfig(), rate: this.rate };
    }
  }
  tf.serialization.registerClass(Dropout);
}

/** 32-bit key of a site: FNV-1a over the layer's name, started from the seed. */
export function siteKey(seed: number, site: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < site.length; index += 1) {
    hash = Math.imul(hash ^ site.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
