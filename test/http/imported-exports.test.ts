// A MobileNetV2 that somebody else's TensorFlow.js saved: sent, read, and exported to each format, which gives what the model gives here on a hundred inputs.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EXPORT_FORMATS, type ExportFormat } from '#contract/export-format.js';
import type { ExportReport } from '#contract/export-report.js';
import { loadTensorFlow } from '#engine/native.js';
import { FORMATS } from '#exports/formats/registry.js';
import { kerasTopology } from '#models/keras-topology.js';
import { weightsOf } from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import { settledWeights } from '../exports/architectures.js';
import { TestApp } from '../support/app.js';
import { tfjsFiles, type TfjsModel } from '../support/model-files.js';
import { softmaxOver } from '../support/networks.js';

jest.setTimeout(300_000);

const { tf } = loadTensorFlow();

/** A model of TensorFlow.js, with weights as training leaves them. */
async function mobilenet(): Promise<TfjsModel> {
  const architecture = requestedArchitecture({ architecture: 'mobilenet_v2', width: 0.35 }, [96, 96, 3], softmaxOver(10));
  const weights = await settledWeights(tf, architecture);
  const model = (await tf.models.modelFromJSON(kerasTopology(architecture) as never));
  for (const { name } of architecture.layers) {
    const own = weightsOf(architecture).filter(({ layer }) => layer === name).map(({ path, shape }) => tf.tensor(weights.get(path)!, [...shape]));
    model.getLayer(name).setWeights(own);
    tf.dispose(own);
  }
  return model;
}

let app: TestApp;
let imported: string;
beforeAll(async () => {
  app = await TestApp.open();
  const model = await mobilenet();
  const read = await app.imported(await tfjsFiles(tf, model));
  model.dispose();
  expect(read).toMatchObject({ status: 'ready', source: { kind: 'import', format: 'tfjs_layers' } });
  imported = read.id;
}, 300_000);

describe('an imported MobileNetV2', () => {
  it.each([...EXPORT_FORMATS] as ExportFormat[])('agrees with its export to %s within the tolerance of the format', async (format) => {
    const { tolerance, mostInputs = 100 } = FORMATS[format];
    const job = await app.attempt((await app.submit({ type: 'export', model: imported, format })).id);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    const { verification } = (await app.get(`/v1/jobs/${job.id}/report`)).json<ExportReport>();
    expect(verification).toMatchObject({ inputs: mostInputs, inputs_from: 'golden_pairs' });
    expect(verification.largest_difference).toBeLessThanOrEqual(tolerance);
  });
});
