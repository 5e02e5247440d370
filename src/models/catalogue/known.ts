// Public networks that come with the service by name and address. None of them could be reached from where this was written, so that no
// digest is pinned: the one that comes first is held to.
import type { CatalogueEntry } from '../../contract/catalogue.js';

const ORIGIN = 'loadTruncatedMobileNet of @teachablemachine/image, which takes this address and this layer';
/** `pixel / 127.5 - 1`, which the networks were trained with. */
const FROM_MINUS_ONE: CatalogueEntry['input_range'] = [-1, 1];

/** Converted from Keras, and used by tfjs-examples and tfjs-models besides. */
const mobilenetV1 = (width: string): CatalogueEntry => ({
  id: `mobilenet_v1_${digits(width)}_224`,
  name: `MobileNet V1 ${width}, 224 pixels, ImageNet`,
  url: `https://storage.googleapis.com/tfjs-models/tfjs/mobilenet_v1_${width}_224/model.json`,
  sha256: null,
  origin: ORIGIN,
  licence: 'Apache-2.0',
  input_shape: [224, 224, 3],
  input_range: FROM_MINUS_ONE,
  cut: 'conv_pw_13_relu',
});

/** Converted from Keras, without its output layer. */
const mobilenetV2 = (width: string): CatalogueEntry => ({
  id: `mobilenet_v2_${digits(width)}_224`,
  name: `MobileNet V2 ${width}, 224 pixels, ImageNet, without its output layer`,
  url: `https://storage.googleapis.com/teachable-machine-models/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${width}_224_no_top/model.json`,
  sha256: null,
  origin: ORIGIN,
  licence: 'Apache-2.0',
  input_shape: [224, 224, 3],
  input_range: FROM_MINUS_ONE,
  cut: 'out_relu',
});

/** "0.35" as "035", and "1.0" as "100". */
const digits = (width: string): string => width.replace('.', '').padEnd(3, '0');

export const KNOWN_BASE_MODELS: readonly CatalogueEntry[] = [
  ...['0.25', '0.50', '0.75', '1.0'].map(mobilenetV1),
  ...['0.35', '0.50', '0.75', '1.00'].map(mobilenetV2),
];
