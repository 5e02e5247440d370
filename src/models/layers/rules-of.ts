// The type of a table of rules: one for each class of a family, of the kind that the class demands.
import type { MergingClass } from '../../contract/branches.js';
import type { LayerClass, LayerConfig } from '../../contract/layers.js';
import type { LayerRule, MergingRule } from './rule.js';

export type RulesOf<C extends LayerClass> = {
  [K in C]: K extends MergingClass ? MergingRule<LayerConfig<K>> : LayerRule<LayerConfig<K>>;
};
