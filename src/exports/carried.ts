// What each format cannot carry, known from the network alone, before any work.
import { ServiceError } from '../contract/errors.js';
import type { ExportFormat } from '../contract/export-format.js';
import type { Architecture, Layer } from '../contract/layers.js';
import { parameterCount } from '../models/architecture.js';
import { USUAL_ACTIVATIONS } from './onnx/usual-activations.js';

/** Why a layer cannot be carried; undefined where it can. */
type Obstacle = (layer: Layer) => string | undefined;

/** A message of protocol buffers ends at 2 GiB; the JavaScript engine holds no buffer much larger. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;
const FLOAT_BYTES = 4;

const onnxObstacle: Obstacle = ({ class_name: layerClass, config }) => {
  if (layerClass !== 'SimpleRNN' && layerClass !== 'GRU' && layerClass !== 'LSTM') return undefined;
  const other = Object.entries(USUAL_ACTIVATIONS).find(([setting, usual]) => setting in config && config[setting as keyof typeof config] !== usual);
  return other && `its ${other[0]} is not ${other[1]}, which is what is written`;
};

/** Keras 3 takes the centre of a pixel for where it lies, our layer its corner. */
const kerasObstacle: Obstacle = ({ class_name: layerClass, config }) =>
  layerClass === 'UpSampling2D' && config.interpolation === 'bilinear' ? 'Keras 3 interpolates otherwise' : undefined;

const OBSTACLES: Partial<Record<ExportFormat, Obstacle>> = { onnx: onnxObstacle, keras: kerasObstacle };

/** @throws EXPORT_UNSUPPORTED at `/format` */
function requirePicture({ input_shape: shape }: Architecture): void {
  if (shape.length === 3 && (shape[2] === 1 || shape[2] === 3)) return;
  throw ServiceError.of('EXPORT_UNSUPPORTED', 'html', `inputs of shape [${shape.join(', ')}]`, 'the page takes pictures of one channel or three').at('/format');
}

/** @throws EXPORT_UNSUPPORTED at `/format`, naming the first layer that cannot be carried */
export function requireCarried(format: ExportFormat, architecture: Architecture): void {
  const obstacle = OBSTACLES[format];
  for (const layer of architecture.layers) {
    const why = obstacle?.(layer);
    if (why !== undefined) throw ServiceError.of('EXPORT_UNSUPPORTED', format, `layer "${layer.name}" (${layer.class_name})`, why).at('/format');
  }
  if (format === 'html') requirePicture(architecture);
  const bytes = FLOAT_BYTES * parameterCount(architecture);
  if (bytes > MOST_BYTES) throw ServiceError.of('EXPORT_UNSUPPORTED', format, `a network of ${parameterCount(architecture)} parameters`, 'a file of it ends at 2 GiB').at('/format');
}
