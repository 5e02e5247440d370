// The presets, found by name.
import type { PresetName } from '../../contract/job-request.js';
import { bitHyperrule } from './bit-hyperrule.js';
import { fastaiFineTune } from './fastai-fine-tune.js';
import { full } from './full.js';
import { gradualUnfreeze } from './gradual-unfreeze.js';
import { linearProbe } from './linear-probe.js';
import { lpFt } from './lp-ft.js';
import type { Preset } from './preset.js';

export const TRANSFER_PRESETS: Readonly<Record<PresetName, Preset>> = {
  full,
  linear_probe: linearProbe,
  lp_ft: lpFt,
  fastai_fine_tune: fastaiFineTune,
  gradual_unfreeze: gradualUnfreeze,
  bit_hyperrule: bitHyperrule,
};
