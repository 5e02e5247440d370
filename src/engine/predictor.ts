// A network that is kept to be asked: rows as they are packed go in, what it gives comes out, some rows at a time.
import { volume } from '../contract/shape.js';
import type { Architecture } from '../contract/layers.js';
import type { RowType, RowValues } from '../datasets/rows.js';
import type { Weights } from '../models/weights.js';
import { batchSizeFor } from './forward.js';
import type { TensorFlow } from './native.js';
import { buildNetwork, type Network } from './network.js';
import { preparing, type Prepare } from './table.js';
import { valuesOf } from './values.js';

export interface PredictorForm {
  architecture: Architecture;
  dtype: RowType;
  /** Rows of bytes become numbers by dividing them by each of these in turn. */
  divideBy: readonly number[];
}

export class Predictor {
  private readonly prepare: Prepare;
  private readonly width: number;
  private readonly batchSize: number;

  private constructor(private readonly tf: TensorFlow, private readonly network: Network, { architecture, dtype, divideBy }: PredictorForm) {
    this.prepare = preparing(dtype, divideBy);
    this.width = volume(architecture.input_shape);
    this.batchSize = batchSizeFor(architecture);
  }

  /** Dispose it after use. */
  static open = async (tf: TensorFlow, form: PredictorForm, weights: Weights): Promise<Predictor> => new Predictor(tf, await buildNetwork(tf, form.architecture, weights), form);

  /**
   * What the network gives for each row, row after row: float32 [rows × outputs]. The layers are applied plainly: how many rows come at a time is another
   * number each time, and a recording is of one.
   */
  outputsOf(rows: RowValues): Float32Array {
    const { tf, network, width, batchSize } = this;
    const shape = network.architecture.input_shape;
    const count = rows.length / width;
    let outputs: Float32Array | undefined;
    for (let from = 0; from < count; from += batchSize) {
      const to = Math.min(from + batchSize, count);
      const floats = new Float32Array((to - from) * width);
      this.prepare(rows.subarray(from * width, to * width), floats, 0);
      const some = valuesOf(tf, () => network.apply(tf.tensor(floats, [to - from, ...shape], 'float32'), false));
      if (to === count && from === 0) return some;
      outputs ??= new Float32Array((some.length / (to - from)) * count);
      outputs.set(some, (some.length / (to - from)) * from);
    }
    return outputs ?? new Float32Array(0);
  }

  dispose(): void {
    this.network.dispose();
  }
}
