// LP-FT (Kumar et al. 2022): a linear probe first; then everything learns from there. A fresh output layer would bend the pretrained
// features while it finds its way; one that has converged leaves them little to correct.
import { linearProbe } from './linear-probe.js';
import type { Preset } from './preset.js';

export const lpFt: Preset = {
  rule: 'lp_ft: a linear probe, then all layers from there (Kumar et al. 2022)',
  stages: (facts) => [...linearProbe.stages(facts), { trainable: 'all' }],
};
