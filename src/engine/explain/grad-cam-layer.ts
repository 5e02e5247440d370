// Which layers Grad-CAM can look at: those whose output still has pixels, height × width × channels.
import type { Architecture, LayerClass } from '../../contract/layers.js';
import { trace, type TracedLayer } from '../../models/architecture.js';

/** Their output is the one before them, with less of it, more pixels than it has, or its axes in another order. */
const PASSED_OVER: readonly LayerClass[] = ['MaxPooling2D', 'AveragePooling2D', 'ZeroPadding2D', 'Cropping2D', 'UpSampling2D', 'Permute', 'Reshape'];

const hasPixels = ({ output }: TracedLayer): boolean => output.length === 3 && output[0]! * output[1]! > 1;

/** Names of the layers a caller may name, in their order: what they give has pixels, and the network has computed something of them. */
export function gradCamLayers(architecture: Architecture): string[] {
  const traced = trace(architecture);
  const first = traced.findIndex(({ weights }) => weights.length > 0);
  return traced.slice(first < 0 ? traced.length : first).filter((layer) => hasPixels(layer) && layer.layer.class_name !== 'Permute').map(({ layer }) => layer.name);
}

/**
 * The usual one: the last of them, where features are of the highest kind and still lie somewhere (Selvaraju et al. 2017, section 3). Pooling and padding at the end are passed over: they
 * keep the features and lose, or move, their places.
 * @returns undefined where no layer has pixels
 */
export function gradCamLayer(architecture: Architecture): string | undefined {
  const names = gradCamLayers(architecture);
  const passedOver = new Set(architecture.layers.filter(({ class_name: layerClass }) => PASSED_OVER.includes(layerClass)).map(({ name }) => name));
  return names.findLast((name) => !passedOver.has(name)) ?? names.at(-1);
}
