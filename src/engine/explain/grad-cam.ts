// Grad-CAM (Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2017, arXiv:1610.02391): where the features lie that speak for an output. Each channel A_k of a layer weighs what the output
// changes by it, a_k = mean_ij ∂y/∂A_k,ij, and the map is ReLU(Σ_k a_k A_k). Of a network that ends in a mean over pixels and a Dense layer it is the class activation map (Zhou et al. 2016).
import { ServiceError } from '../../contract/errors.js';
import { trace } from '../../models/architecture.js';
import type { Tensor, TensorFlow } from '../native.js';
import { valuesOf } from '../values.js';
import { columnOf, inputTensor, requireSubject, type Subject } from './subject.js';

export interface GradCam {
  layer: string;
  /** Height and width of what the layer gives. */
  shape: [height: number, width: number];
  /** 0 or more, row after row: float32 [height × width]. */
  values: Float32Array;
}

/**
 * @param layer one whose output is height × width × channels; other ways around it do not count
 * @throws RangeError for any other layer; OUTPUT_NOT_FINITE
 */
export function gradCam(tf: TensorFlow, subject: Subject, layer: string): GradCam {
  const { network, input, output } = subject;
  requireSubject(subject);
  const [height, width, channels, ...more] = trace(network.architecture).find(({ layer: { name } }) => name === layer)?.output ?? [];
  if (height === undefined || width === undefined || channels === undefined || more.length > 0) throw new RangeError(`what the layer "${layer}" gives is not height × width × channels`);
  const values = valuesOf(tf, () => {
    const inputs = inputTensor(tf, subject, input);
    const [maps] = network.outputsOf([layer], inputs) as [Tensor];
    const gradients = tf.grad((shift) => tf.sum(columnOf(tf, network.applyShifted(inputs, layer, shift), output)))(tf.zerosLike(maps));
    const weights = tf.mean(gradients, [1, 2], true);
    return tf.relu(tf.sum(tf.mul(weights, maps), -1));
  });
  if (!values.every(Number.isFinite)) throw ServiceError.of('OUTPUT_NOT_FINITE');
  return { layer, shape: [height, width], values };
}
