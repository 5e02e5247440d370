// The ways in which training examples may be changed anew in each step, each with its range and its default: off. From this one
// table come what a caller may send, what a resolved spec holds, and the defaults.
import Type, { type Static, type TSchema } from './typebox.js';
import { closed, oneOf } from './schema.js';

/** A part of something, from nothing up to nearly all of it. */
const part = (description: string) => Type.Number({ minimum: 0, maximum: 0.9, default: 0, description });
/** A number in the network's own units. */
const units = (description: string) => Type.Number({ minimum: 0, maximum: 1, default: 0, description });
const concentration = (description: string) => Type.Number({ minimum: 0, maximum: 10, default: 0, description });
const range = (least: number, most: number, usual: [number, number], description: string) =>
  Type.Unsafe<[number, number]>(
    Type.Array(Type.Number({ minimum: least, maximum: most }), { minItems: 2, maxItems: 2, default: usual, description }),
  );

const FLIPS = ['none', 'horizontal', 'vertical', 'both'] as const;

const STRENGTHS = {
  shift: part('Moves by up to this part of width and height, each way; what comes in is 0.'),
  flip: oneOf(FLIPS, { default: 'none', description: 'Mirrors every second example, by chance; "both" draws for each direction.' }),
  rotate: Type.Number({ minimum: 0, maximum: 180, default: 0, description: 'Turns about the centre by up to so many degrees, each way.' }),
  zoom: part('Scales about the centre by a factor between 1 − zoom and 1 + zoom.'),
  crop: part('Cuts up to this part of width and height away, anywhere, and scales the rest up to the full size.'),
  brightness: units('Adds one number between −brightness and brightness to all values of an example; nothing is clipped.'),
  noise: units('Adds normal noise of this standard deviation to each value; nothing is clipped.'),
  mixup: concentration('α of the Beta(α, α) distribution from which the shares are drawn in which two examples and their classes are mixed (Zhang et al. 2018); 0 for none.'),
  cutmix: concentration('α of the Beta(α, α) distribution of the area that stays when a rectangle of another example is pasted in (Yun et al. 2019); 0 for none.'),
} as const;

const ERASING = {
  probability: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.5, description: 'Part of the examples that lose a rectangle.' }),
  area: range(0.001, 1, [0.02, 0.4], 'Least and largest part of the picture that is erased.'),
  aspect: range(0.01, 100, [0.3, 3.3], 'Least and largest ratio of height to width.'),
} as const;

type Values<T extends Readonly<Record<string, TSchema>>> = { -readonly [S in keyof T]: Static<T[S]> };
/** Random erasing (Zhong et al. 2020) with nothing left open. */
export type Erasing = Values<typeof ERASING>;
/** Augmentation with nothing left open. */
export type AugmentSettings = Values<typeof STRENGTHS> & { erase: Erasing | null };
export type AugmentSetting = keyof AugmentSettings;
/** Augmentation as a caller asks for it. */
export type AugmentRequest = Partial<Values<typeof STRENGTHS>> & { erase?: Partial<Erasing> };

const optional = (settings: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, schema]) => [name, Type.Optional(schema)]));

const eraseDescription = 'Sets a rectangle to 0 (random erasing, Zhong et al. 2020).';
export const AugmentRequest = Type.Unsafe<AugmentRequest>(
  closed(
    { ...optional(STRENGTHS), erase: Type.Optional(closed(optional(ERASING), { description: eraseDescription })) },
    { $id: 'AugmentRequest', title: 'AugmentRequest' },
  ),
);
export const AugmentSettings = Type.Unsafe<AugmentSettings>(
  closed(
    { ...STRENGTHS, erase: Type.Union([closed(ERASING, { description: eraseDescription }), Type.Null()]) },
    { $id: 'Augment', title: 'Augment' },
  ),
);

/** Settings that move, cut or cover parts of a picture. The others work on numbers of any shape. */
export const PICTURE_SETTINGS = ['shift', 'flip', 'rotate', 'zoom', 'crop', 'erase', 'cutmix'] as const satisfies readonly AugmentSetting[];
/** Settings that mix an example with another of its batch. */
export const PAIR_SETTINGS = ['mixup', 'cutmix'] as const satisfies readonly AugmentSetting[];

const filled = (settings: Readonly<Record<string, TSchema & { default?: unknown }>>, given: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, schema]) => [name, given[name] ?? schema.default]));

/** Augmentation that changes nothing. */
export const UNCHANGED = { ...filled(STRENGTHS, {}), erase: null } as AugmentSettings;

/** What was asked for with the default of everything else; null where that changes nothing. */
export function resolveAugment({ erase, ...strengths }: AugmentRequest): AugmentSettings | null {
  const settings = { ...filled(STRENGTHS, strengths), erase: erase ? filled(ERASING, erase) : null } as AugmentSettings;
  return settingsInUse(settings).length > 0 ? settings : null;
}

/** The settings that are not off. */
export const settingsInUse = (settings: AugmentSettings): AugmentSetting[] =>
  (Object.keys(UNCHANGED) as AugmentSetting[]).filter((name) => settings[name] !== UNCHANGED[name]);
