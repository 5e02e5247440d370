// Layers that arrange what they are given. They hold no weights.
import type { SHAPING_CONFIGS } from '../../contract/layers/shaping.js';
import { volume } from '../../contract/shape.js';
import { Misfit, written } from './rule.js';
import type { RulesOf } from './rules-of.js';
import { asMargin, asPair, image } from './sizes.js';

const NO_MARGIN = 0;
const USUAL_PADDING = 1;

export const SHAPING_RULES: RulesOf<keyof typeof SHAPING_CONFIGS> = {
  Flatten: {
    output(input) {
      if (input.length < 2) throw new Misfit(`${written(input)} is flat already`); // tfjs refuses it
      return [volume(input)];
    },
    keras: () => ({ data_format: 'channels_last' }),
  },
  Reshape: {
    output(input, { target_shape: target }) {
      if (volume(input) === volume(target)) return target;
      throw new Misfit(`${written(input)} holds ${volume(input)} numbers, ${written(target)} ${volume(target)}`);
    },
    keras: (config) => ({ target_shape: config.target_shape }),
  },
  Permute: {
    output(input, { dims }) {
      const fits = dims.length === input.length && dims.every((axis) => axis <= input.length);
      if (!fits) throw new Misfit(`its dims ${written(dims)} are not the axes 1 to ${input.length} of ${written(input)}`);
      return dims.map((axis) => input[axis - 1]!);
    },
    keras: (config) => ({ dims: config.dims }),
  },
  ZeroPadding2D: {
    output(input, config) {
      const [height, width, channels] = image(input);
      const [[top, bottom], [left, right]] = asMargin(config.padding, USUAL_PADDING);
      return [top + height + bottom, left + width + right, channels];
    },
    keras: (config) => ({ padding: asMargin(config.padding, USUAL_PADDING), data_format: 'channels_last' }),
  },
  Cropping2D: {
    output(input, config) {
      const [height, width, channels] = image(input);
      const [[top, bottom], [left, right]] = asMargin(config.cropping, NO_MARGIN);
      const output = [height - top - bottom, width - left - right, channels];
      if (output.some((size) => size < 1)) throw new Misfit(`it leaves nothing of ${written(input)}`);
      return output;
    },
    keras: (config) => ({ cropping: asMargin(config.cropping, NO_MARGIN), data_format: 'channels_last' }),
  },
  UpSampling2D: {
    output(input, config) {
      const [height, width, channels] = image(input);
      const [rows, columns] = asPair(config.size, [2, 2]);
      return [height * rows, width * columns, channels];
    },
    keras: (config) => ({
      size: asPair(config.size, [2, 2]),
      data_format: 'channels_last',
      interpolation: config.interpolation ?? 'nearest',
    }),
  },
};
