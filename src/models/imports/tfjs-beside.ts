// What lies beside the model.json of a TensorFlow.js model: the metadata.json of Teachable Machine, or what a bundle of ours holds.
import { METADATA_FILE } from './tfjs-description.js';
import { readText, type SourceFiles } from './source-files.js';
import { isRecord, Parsed, type SourceGolden, type SourceModel } from './source.js';

/** Teachable Machine gives its networks `pixel / 127 - 1` (capture() in its libraries/image). */
const TEACHABLE_RANGE: readonly [number, number] = [-1, 255 / 127 - 1];

type Beside = Pick<SourceModel, 'labels' | 'inputRange' | 'golden'>;

/** What other files say of the model. What they do not say in a form that is known is not taken for anything. */
export async function readBeside({ files }: SourceFiles): Promise<Beside> {
  const read = async (name: string): Promise<unknown> => {
    const file = files.find((each) => each.name === name);
    return file && new Parsed(name).json(await readText(file));
  };
  const metadata = await read(METADATA_FILE);
  const isTeachable = isRecord(metadata) && typeof metadata.packageName === 'string' && metadata.packageName.startsWith('@teachablemachine/');
  const labels = asLabels(isTeachable ? metadata.labels : await read('labels.json'));
  const golden = asGolden(await read('golden.json'));
  return {
    ...(labels && { labels }),
    ...(isTeachable && metadata.packageName === '@teachablemachine/image' && { inputRange: TEACHABLE_RANGE }),
    ...(golden && { golden }),
  };
}

const asLabels = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((label): label is string => typeof label === 'string' && label.length <= 128) ? value : undefined;

const isTable = (value: unknown): value is number[][] =>
  Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every((each) => typeof each === 'number'));

function asGolden(value: unknown): SourceGolden | undefined {
  if (!isRecord(value)) return undefined;
  const { inputs, outputs, tolerance } = value;
  return isTable(inputs) && isTable(outputs) && inputs.length === outputs.length && typeof tolerance === 'number' ? { inputs, outputs, tolerance } : undefined;
}
