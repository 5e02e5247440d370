// A model that was sent, from its files to a network of ours with its weights: everything that can be known without running it.
import type { ModelFormat, ModelImportForm } from '../../contract/model.js';
import { ServiceError } from '../../contract/errors.js';
import type { Task } from '../../contract/task.js';
import type { Preprocessing } from '../../contract/dataset.js';
import type { SourceFile } from '../../datasets/source-file.js';
import { headOf } from '../../datasets/source-file.js';
import { outputShape, weightsOf } from '../architecture.js';
import { finalActivation } from '../output-layer.js';
import { startsAsHdf5 } from './hdf5.js';
import { kerasFilesOf, readKerasArchive, readKerasH5 } from './keras.js';
import { foreignFormat } from './foreign.js';
import { openFiles, type SourceFiles } from './source-files.js';
import type { SourceGolden, SourceModel } from './source.js';
import { takeOver, type Network } from './take-over.js';
import { modelFileOf, readDescription } from './tfjs-description.js';
import { readTfjsGraph } from './tfjs-graph.js';
import { readTfjsLayers } from './tfjs-layers.js';

export interface ReadModel extends Network {
  format: ModelFormat;
  /** Layers that no job may train. */
  frozenLayers: string[];
  task: Task;
  labels: string[];
  preprocessing: Preprocessing;
  golden: SourceGolden | undefined;
}

/** The fields of the form that reading looks at. */
export type ImportOptions = Pick<ModelImportForm, 'labels' | 'task' | 'input_range' | 'input_shape' | 'output_node'>;

/**
 * @param maxBytes most bytes an archive may hold once unpacked
 * @throws MODEL_FORMAT, MODEL_CORRUPT, MODEL_NOT_SUPPORTED, LAYER_NOT_ALLOWED, LAYER_UNUSED, SHAPE_MISMATCH, MODEL_TOO_LARGE, ARCHIVE_CORRUPT,
 * UNSAFE_PATH, OP_NOT_ALLOWED, OUTPUT_NODE_UNKNOWN, OUTPUT_NODE_NEEDED; INVALID_VALUE at `/labels`, `/input_shape` or `/output_node`
 */
export async function readModel(sent: readonly SourceFile[], options: ImportOptions, maxBytes: number): Promise<ReadModel> {
  const files = await openFiles(sent, maxBytes);
  const { format, model } = await readSource(files, sent, options);
  const { input_range: asked, input_shape: inputShape } = options;
  const inputRange = (asked as [number, number] | undefined) ?? model.inputRange;
  const network = takeOver(model, { inputShape, inputRange });
  const shape = network.architecture.input_shape;
  // A picture comes as bytes, as data sets of pictures give it; anything else as it is.
  const isPicture = shape.length === 3 || inputRange !== undefined;
  const labels = labelsOf(network, options, model.labels);
  return {
    ...network,
    format,
    frozenLayers: model.frozen ? [...new Set(weightsOf(network.architecture).map(({ layer }) => layer))] : [],
    labels,
    task: options.task ?? (labels.length === 0 && finalActivation(network.architecture) === 'linear' ? 'regression' : 'classification'),
    preprocessing: { input: { shape, dtype: isPicture ? 'uint8' : 'float32' }, steps: isPicture ? [{ divide_by: 255 }] : [] },
    golden: model.golden && scaled(model.golden, inputRange),
  };
}

interface Source {
  format: ModelFormat;
  model: SourceModel;
}

async function readSource(files: SourceFiles, sent: readonly SourceFile[], { output_node: outputNode }: ImportOptions): Promise<Source> {
  const foreign = files.files.map(({ name }) => ({ name, format: foreignFormat(name, new Uint8Array()) })).find(({ format }) => format !== undefined);
  if (foreign) throw ServiceError.of('MODEL_FORMAT', foreign.name, `is ${foreign.format}`);
  const source = (await readKeras(files, sent)) ?? (await readTfjs(files, outputNode));
  if (!source) throw ServiceError.of('MODEL_FORMAT', files.name, 'holds no model that is known here');
  if (outputNode !== undefined && source.format !== 'tfjs_graph') throw ServiceError.of('INVALID_VALUE', `is for TensorFlow.js Graph models, and this one is ${source.format}; name a layer as the cut of a job instead`).at('/output_node');
  return source;
}

async function readKeras(files: SourceFiles, sent: readonly SourceFile[]): Promise<Source | undefined> {
  const keras = kerasFilesOf(files);
  if (keras) return { format: 'keras_v3', model: await readKerasArchive(keras) };
  const [only] = files.files;
  const isHdf5 = sent.length === 1 && only && startsAsHdf5((await headOf(sent[0]!)).bytes);
  return isHdf5 ? { format: 'keras_h5', model: await readKerasH5(only) } : undefined;
}

async function readTfjs(files: SourceFiles, outputNode: string | undefined): Promise<Source | undefined> {
  const file = modelFileOf(files);
  if (!file) return undefined;
  const description = await readDescription(file);
  const { format } = description;
  return { format, model: await (format === 'tfjs_graph' ? readTfjsGraph(files, description, outputNode) : readTfjsLayers(files, description)) };
}

/** The pairs as the network takes them once it takes pixels from 0 to 1. */
const scaled = (golden: SourceGolden, [darkest, brightest]: readonly [number, number] = [0, 1]): SourceGolden => ({
  ...golden,
  inputs: golden.inputs.map((row) => row.map((value) => (value - darkest) / (brightest - darkest))),
});

/** Those that were sent with the model must fit it; those that came in its files count only if they do. */
function labelsOf({ architecture }: Network, { labels: asked, task }: ImportOptions, found: readonly string[] | undefined): string[] {
  const output = outputShape(architecture);
  const fits = (labels: readonly string[]): boolean => output.length === 1 && (output[0] === labels.length || (task !== 'regression' && output[0] === 1 && labels.length === 2));
  if (asked && !fits(asked)) throw ServiceError.of('INVALID_VALUE', `names ${asked.length} outputs, and the network gives [${output.join(', ')}]`).at('/labels');
  return [...(asked ?? (found && fits(found) ? found : []))];
}
