// The child that reads one model that was sent: from its files to a bundle like those of jobs, which has been run before anyone sees it.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { codeVersion } from '#config/code-version.js';
import type { Model } from '#contract/model.js';
import { replayGolden } from '#engine/golden.js';
import { loadTensorFlow } from '#engine/native.js';
import { probe } from '#engine/probe.js';
import { parameterCount } from '#models/architecture.js';
import { BUNDLE_FILES, describeFiles, writeBundle, writeManifest } from '#models/bundle.js';
import { readModel } from '#models/imports/read-model.js';
import { weightsDigest } from '#models/weights.js';
import { writeProvenance } from '#models/write-provenance.js';
import { runChild } from './child.js';
import type { ImportTask } from './protocol.js';

runChild('import', async (task) => {
  await importModel(task);
  return null;
});

async function importModel({ id, name, createdAt, source, options, sourceFolder, outFolder, maxBytes }: ImportTask): Promise<void> {
  const sent = source.files.map((file, number) => ({ name: file.name, path: join(sourceFolder, String(number)) }));
  // Read before the engine is loaded: what is no model is known in a moment.
  const { architecture, weights, format, frozenLayers, task, labels, preprocessing, golden: told } = await readModel(sent, options, maxBytes);
  const { tf, engine } = loadTensorFlow();
  await tf.ready();
  const golden = await probe(tf, architecture, weights, told);
  const digest = weightsDigest(architecture, weights);
  const origin = { ...source, format };
  await writeBundle(outFolder, {
    architecture,
    weights,
    labels,
    preprocessing,
    golden,
    metrics: {},
    report: {},
    run: { import: origin, options, weights_digest: digest, engine, node: process.versions.node },
  });
  await replayGolden(tf, outFolder);
  const files = await describeFiles(outFolder, BUNDLE_FILES);
  const provenance = await writeProvenance(outFolder, {
    by: 'urn:rootstock:import:v1',
    invocation: id,
    files,
    external: { source: origin, options },
    dependencies: source.files.map(({ name: of, sha256 }) => ({ name: of, digest: { sha256 } })),
    code: codeVersion(),
    engine,
    node: process.versions.node,
    threads: null,
    processor: cpus()[0]?.model ?? 'unknown',
    weightsDigest: digest,
    metrics: {},
  });
  const model: Model = {
    id,
    object: 'model',
    name,
    created_at: createdAt,
    status: 'ready',
    source: origin,
    job: null,
    dataset: null,
    base_model: null,
    architecture,
    parameters: parameterCount(architecture),
    ...(frozenLayers.length > 0 && { frozen_layers: frozenLayers }),
    task,
    labels,
    preprocessing,
    metrics: {},
    weights_digest: digest,
    files: [...files, provenance],
  };
  await writeManifest(outFolder, model);
}
