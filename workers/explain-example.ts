// What in one example a network goes by: each map as numbers, and over the picture.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExamplePrediction } from '#contract/example-prediction.js';
import type { ExplainedExample, ExplainedValues } from '#contract/explain-report.js';
import { volume, type Shape } from '#contract/shape.js';
import type { ExplainSpec } from '#contract/untrained-specs.js';
import { isPicture, type Picture } from '#datasets/report/png.js';
import { shadesOf, shownRange } from '#datasets/report/preview.js';
import type { RowValues } from '#datasets/rows.js';
import { gradCam } from '#engine/explain/grad-cam.js';
import { integratedGradients } from '#engine/explain/integrated-gradients.js';
import { fallOfPixels, occlusion } from '#engine/explain/occlusion.js';
import { outputsFor, type Subject } from '#engine/explain/subject.js';
import type { TensorFlow } from '#engine/native.js';
import type { Network } from '#engine/network.js';
import { preparing } from '#engine/table.js';
import { outputShape } from '#models/architecture.js';
import { heatMapOver, overChannels, type HeatMap } from '#report/heat-map.js';

export interface ExplainedRow {
  example: ExamplePrediction;
  packed: RowValues;
  /** The same as the network takes it. */
  input: Float32Array;
  divideBy: readonly number[];
}

/** The middle of what a byte can be. */
const GREY = 128;

/** @returns names of the files that were written, and what is told of the example @throws what `onCall` throws; OUTPUT_NOT_FINITE */
export async function explainExample(tf: TensorFlow, spec: ExplainSpec, network: Network, row: ExplainedRow, outFolder: string, onCall: () => Promise<void>): Promise<{ explained: ExplainedExample; files: string[] }> {
  const { example, input } = row;
  const { name, subject } = subjectOf(spec, tf, network, row);
  const shape = network.architecture.input_shape;
  const drawing = new Drawing(outFolder, `example-${example.index}`, isPicture(shape) ? pictureOf(shape, row.packed) : null);
  const [value] = await outputsFor(tf, subject, { count: 1, rows: () => input }, onCall);
  const explained: ExplainedExample = { example, output: { name, value: value! }, values: null };
  const values: ExplainedValues = { index: example.index };

  if (spec.integrated_gradients) {
    const { values: shares, sum, difference, steps, complete } = await integratedGradients(tf, subject, { baseline: new Float32Array(input.length), mostSteps: spec.integrated_gradients.most_steps, onCall });
    const picture = await drawing.draw('integrated-gradients', () => ({ shape: [shape[0]!, shape[1]!], values: overChannels(shares, shape[2]!), signed: true }));
    explained.integrated_gradients = { baseline: 'zeros', steps, difference, sum, is_complete: complete, picture };
    values.integrated_gradients = { shape, values: [...shares] };
  }
  if (spec.grad_cam) {
    const { layer, shape: grid, values: map } = gradCam(tf, subject, spec.grad_cam.layer);
    explained.grad_cam = { layer, grid, picture: await drawing.draw('grad-cam', () => ({ shape: grid, values: map, signed: false })) };
    values.grad_cam = { shape: grid, values: [...map] };
    await onCall();
  }
  if (spec.occlusion) {
    const falls = await occlusion(tf, subject, { ...spec.occlusion, fill: greyOf(row, shape[2]!), onCall });
    const picture = await drawing.draw('occlusion', () => ({ shape: [shape[0]!, shape[1]!], values: fallOfPixels(falls, shape), signed: true }));
    explained.occlusion = { patch: falls.patch, stride: falls.stride, grid: falls.shape, picture };
    values.occlusion = { shape: falls.shape, values: [...falls.values] };
  }
  if (Object.keys(values).length > 1) explained.values = await drawing.write('.json', JSON.stringify(values));
  return { explained, files: drawing.files };
}

/** What is explained of the example: the output of the class that was asked for or is predicted, or of a value. One output for two classes speaks for the second, and its opposite for the first. */
function subjectOf({ output, model: { labels } }: ExplainSpec, tf: TensorFlow, network: Network, { example, input }: ExplainedRow): { name: string; subject: Subject } {
  const name = output ?? (typeof example.predicted === 'string' ? example.predicted : labels[0]!);
  const place = labels.indexOf(name);
  const isOneForTwo = volume(outputShape(network.architecture)) < labels.length;
  if (!isOneForTwo) return { name, subject: { network, input, output: place } };
  return { name, subject: { network: place === 1 ? network : opposite(tf, network), input, output: 0 } };
}

const opposite = (tf: TensorFlow, network: Network): Network => ({
  ...network,
  apply: (inputs, training) => tf.neg(network.apply(inputs, training)),
  applyShifted: (inputs, layer, shift) => tf.neg(network.applyShifted(inputs, layer, shift)),
});

function pictureOf([height, width, channels]: Shape, packed: RowValues): Picture {
  return { height: height!, width: width!, channels: channels!, values: shadesOf(packed, shownRange(packed)) };
}

/** Of a pixel, as the network takes it: bytes in the middle, other numbers at 0, which is what they were brought around. */
function greyOf({ packed, divideBy }: ExplainedRow, channels: number): Float32Array {
  const fill = new Float32Array(channels);
  if (packed instanceof Uint8Array) preparing('uint8', divideBy)(new Uint8Array(channels).fill(GREY), fill, 0);
  return fill;
}

/** The files of one example. */
class Drawing {
  readonly files: string[] = [];

  /** @param picture null of what is none */
  constructor(private readonly folder: string, private readonly prefix: string, private readonly picture: Picture | null) {}

  /** @returns the name of the file; null of what is no picture, whose map is not asked for */
  async draw(name: string, map: () => HeatMap): Promise<string | null> {
    return this.picture && this.write(`-${name}.png`, (await heatMapOver(this.picture, map())).png);
  }

  async write(ending: string, content: string | Uint8Array): Promise<string> {
    const name = `${this.prefix}${ending}`;
    await writeFile(join(this.folder, name), content, { flag: 'wx', mode: 0o600 });
    this.files.push(name);
    return name;
  }
}
