// Jobs of every kind and many lengths, so that what is said of the time left is held against more than one sort of job.
/** A job's request; `base` names the earlier one it starts from. @typedef {{ name: string, request: object, base?: string }} JobToMake */

/**
 * @param {{ digits: string, letters: string, few: string }} datasets ids, of several thousand examples and of a few hundred
 * @returns {JobToMake[]} in the order in which they are made: bases first
 */
export function jobsToMake({ digits, letters, few }) {
  const mlp = { architecture: 'mlp', hidden: [128] };
  const wide = { architecture: 'mlp', hidden: [512, 256] };
  const cnn = { architecture: 'cnn' };
  const resnet = { architecture: 'resnet', depth: 8 };
  /** @param {string} name @param {object} model @param {object} training @returns {JobToMake} */
  const pretrain = (name, model, training) => ({ name, request: { type: 'pretrain', dataset: digits, model, training: { seed: 1, ...training } } });
  /** @param {string} name @param {string} base @param {object} rest @param {string} [dataset] @returns {JobToMake} */
  const fineTune = (name, base, rest, dataset = letters) => ({ name, base, request: { type: 'fine_tune', dataset, ...rest } });
  const bases = [pretrain('mlp', mlp, { epochs: 20 }), pretrain('cnn', cnn, { epochs: 2, optimizer: { name: 'adam' } })];

  const pretrained = [4, 12, 30].flatMap((epochs) => [
    pretrain(`mlp, batch 32, ${epochs} epochs`, mlp, { epochs, batch_size: 32 }),
    pretrain(`mlp, batch 128, Adam, ${epochs} epochs`, mlp, { epochs, batch_size: 128, optimizer: { name: 'adam' } }),
    pretrain(`wide mlp, ${epochs} epochs, validated`, wide, { epochs, validation_split: 0.2 }),
  ]);
  const convolutional = [1, 2, 4].flatMap((epochs) => [
    pretrain(`cnn, ${epochs} epochs`, cnn, { epochs }),
    pretrain(`cnn, ${epochs} epochs, validated`, cnn, { epochs, validation_split: 0.2, optimizer: { name: 'adam' }, batch_size: 64 }),
  ]);
  const residual = [pretrain('resnet-8, 40 steps', resnet, { epochs: 1, budget: { steps: 40 } }), pretrain('resnet-8, 8 seconds', resnet, { epochs: 4, budget: { seconds: 8 } })];
  const presets = ['full', 'linear_probe', 'lp_ft', 'fastai_fine_tune', 'gradual_unfreeze'];
  const transferred = presets.flatMap((preset) => [
    fineTune(`${preset} of the mlp`, 'mlp', { transfer: { kind: 'parameter', preset }, head: 'replace', training: { epochs: 12, seed: 1 } }),
    fineTune(`${preset} of the mlp, with scratch`, 'mlp', { transfer: { kind: 'parameter', preset }, head: 'replace', training: { epochs: 12, seed: 1 }, baseline: { scratch: true, seeds: 2 } }),
    fineTune(`${preset} of the cnn`, 'cnn', { transfer: { kind: 'parameter', preset }, head: 'replace', training: { epochs: 2, seed: 1 } }),
    fineTune(`${preset} of the cnn, few examples, with scratch`, 'cnn', { transfer: { kind: 'parameter', preset }, head: 'replace', training: { epochs: 10, seed: 1 }, baseline: { scratch: true } }, few),
  ]);
  const automatic = ['mlp', 'cnn'].flatMap((base) => [
    fineTune(`auto of the ${base}`, base, {}),
    fineTune(`auto of the ${base}, few examples`, base, {}, few),
    fineTune(`auto of the ${base}, few examples, with scratch`, base, { baseline: { scratch: true, seeds: 3 } }, few),
    fineTune(`features of the ${base}`, base, { transfer: { kind: 'feature', cut: 'penultimate' }, training: { epochs: 20, seed: 1 } }),
    fineTune(`structure of the ${base}`, base, { transfer: { kind: 'structure', inherit: 'matching' }, training: { epochs: 3, seed: 1 } }),
  ]);
  const candidates = ['full', 'linear_probe', 'lp_ft'].map((preset) => ({ name: preset, transfer: { kind: 'parameter', preset }, head: 'replace', training: { epochs: 10 } }));
  const compared = ['mlp', 'cnn'].map((base) => ({ name: `compare on the ${base}`, base, request: { type: 'compare', dataset: few, seeds: 2, seed: 1, candidates } }));
  return [...bases, ...pretrained, ...convolutional, ...residual, ...transferred, ...automatic, ...compared];
}
