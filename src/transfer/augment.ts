// Whether the changes asked for make sense: some need pictures, some need pairs, all need examples that are seen anew in each step.
import { PAIR_SETTINGS, PICTURE_SETTINGS, settingsInUse, type AugmentSetting, type AugmentSettings } from '../contract/augment.js';
import { ServiceError } from '../contract/errors.js';

export interface AugmentTarget {
  /** Of one example. */
  inputShape: readonly number[];
  batchSize: number;
  /** Where features are computed once, the layer that gives them; else null. */
  featuresFrom: string | null;
}

/** With a side of one pixel there is nothing to turn, mirror or cut. */
const LEAST_SIDE = 2;

/** @param pointer of the settings in the request @throws AUGMENT_NOT_POSSIBLE, INVALID_VALUE for a range that ends before it begins */
export function requireAugmentable(settings: AugmentSettings | null, { inputShape, batchSize, featuresFrom }: AugmentTarget, pointer: string): void {
  if (settings === null) return;
  if (featuresFrom !== null) {
    throw refusal('augment', 'feature transfer computes the features once, so that the network would never see a changed example').at(pointer);
  }
  const [height = 0, width = 0] = inputShape;
  const pictures = (inputShape.length === 2 || inputShape.length === 3) && Math.min(height, width) >= LEAST_SIDE;
  const used = settingsInUse(settings);
  const requireAll = (kind: readonly AugmentSetting[], fits: boolean, why: string): void => {
    const misfit = fits ? undefined : used.find((name) => kind.includes(name));
    if (misfit) throw refusal(misfit, why).at(`${pointer}/${misfit}`);
  };
  requireAll(PICTURE_SETTINGS, pictures, `it needs pictures of at least ${LEAST_SIDE} × ${LEAST_SIDE}, and the examples are [${inputShape.join(', ')}]`);
  requireAll(PAIR_SETTINGS, batchSize > 1, 'a batch of one has no second example to mix with');
  for (const name of ['area', 'aspect'] as const) {
    const [least, most] = settings.erase?.[name] ?? [0, 0];
    if (least > most) throw ServiceError.of('INVALID_VALUE', `must not end before it begins: [${least}, ${most}]`).at(`${pointer}/erase/${name}`);
  }
}

const refusal = (setting: string, why: string): ServiceError => ServiceError.of('AUGMENT_NOT_POSSIBLE', setting, why);
