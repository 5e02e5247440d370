// Embedding: a row of a table for each whole number. It answers a defect of tfjs's own, which reads every index on the host to see
// that the table has it, so that no step with one can be recorded. Loads and saves under the standard name.
import type { Tensor, TensorFlow } from '../native.js';
import { gatherRows } from '../native-operations.js';

interface Settings {
  inputDim: number;
  outputDim: number;
}
type LayerVariable = ReturnType<InstanceType<TensorFlow['layers']['Layer']>['addWeight']>;

export function registerEmbedding(tf: TensorFlow): void {
  class Embedding extends tf.layers.Layer {
    static readonly className = 'Embedding';
    private readonly settings: Settings;
    private embeddings!: LayerVariable;

    constructor(config: ConstructorParameters<typeof tf.layers.Layer>[0] & Settings) {
      super(config);
      this.settings = { inputDim: config.inputDim, outputDim: config.outputDim };
    }

    override build(inputShape: number[]): void {
      const { inputDim, outputDim } = this.settings;
      this.embeddings = this.addWeight('embeddings', [inputDim, outputDim], 'float32', tf.initializers.zeros());
      super.build(inputShape);
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      return tf.tidy(() => gatherRows(tf, this.embeddings.read(), tf.cast(input, 'int32')));
    }

    override computeOutputShape(shape: number[]): number[] {
      return [...shape, this.settings.outputDim];
    }

    override getConfig() {
      return { ...super.getConfig(), ...this.settings, maskZero: false };
    }
  }
  tf.serialization.registerClass(Embedding);
}
