// Training examples changed anew in each step: where a picture lies, then its values, then with whom it is mixed. What is drawn is
// a function of seed, step and setting, so that one setting's numbers do not depend on the others.
import type { AugmentSettings } from '../../contract/augment.js';
import { drawsAt, type DrawsOf } from '../draws.js';
import type { TensorFlow } from '../native.js';
import type { Augment } from '../train-step.js';
import { drawPlacement, place } from './geometry.js';
import { mix, remainingOf } from './mixing.js';
import { addNoise, brighten, erase } from './pixels.js';

/**
 * The change of a batch of examples, float32 [batch, height, width, channels] or [batch, height, width] (for settings that need no
 * picture, any shape), in the network's own units. No gradient goes through it.
 */
export function augmentation(tf: TensorFlow, settings: AugmentSettings, seed: number): Augment {
  const remaining = remainingOf(tf, settings);
  return (inputs, targets, step) => {
    const draws: DrawsOf = (setting) => drawsAt(tf, seed, `augment/${setting}`, step);
    const batch = inputs.shape[0];
    // A picture of one channel may come without the axis of channels.
    const flat = inputs.shape.length === 3;
    let changed = flat ? tf.reshape(inputs, [...inputs.shape, 1]) : inputs;
    const placement = drawPlacement(tf, settings, batch, draws);
    if (placement) changed = place(tf, changed, placement);
    if (settings.brightness > 0) changed = brighten(tf, changed, settings.brightness, draws('brightness'));
    if (settings.noise > 0) changed = addNoise(tf, changed, settings.noise, draws('noise'));
    if (settings.erase) changed = erase(tf, changed, settings.erase, draws('erase'));
    const mixed = remaining && batch > 1 ? mix(tf, changed, targets, remaining(changed, draws)) : { inputs: changed, targets };
    return flat ? { ...mixed, inputs: tf.reshape(mixed.inputs, inputs.shape) } : mixed;
  };
}
