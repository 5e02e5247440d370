// The child that predicts: holds networks, and answers one message after the other. It is started by the API, ends when that is gone, and knows folders only.
import { endWithParent, tellParent } from '#children/parent.js';
import { ServiceError } from '#contract/errors.js';
import type { RowValues } from '#datasets/rows.js';
import { readMainWeights } from '#engine/checkpoint.js';
import { loadTensorFlow, type TensorFlow } from '#engine/native.js';
import { Predictor } from '#engine/predictor.js';
import { weightsOf } from '#models/architecture.js';
import { readWeights } from '#models/bundle.js';
import type { Weights } from '#models/weights.js';
import type { FromPredictor, Inputs, LoadMessage, Outcome, RunMessage, ToPredictor } from '#predictions/messages.js';
import { joinedRows, rowsOfPictures, sharesOf, UnreadablePicture, type PredictInput } from './predict-rows.js';

interface Held {
  predictor: Predictor;
  input: PredictInput;
}

process.title = 'predict';
endWithParent(0);

const networks = new Map<string, Held>();
let tensorflow: TensorFlow | undefined;
let turn = Promise.resolve();
process.on('message', (message: ToPredictor) => {
  turn = turn.then(() => answer(message));
});

async function answer(message: ToPredictor): Promise<void> {
  if (message.kind === 'drop') {
    networks.get(message.key)?.predictor.dispose();
    networks.delete(message.key);
    return;
  }
  await tellParent(await (message.kind === 'load' ? load(message) : run(message)).catch(failed));
}

async function load({ key, architecture, input, divideBy, fit, weights: place }: LoadMessage): Promise<FromPredictor> {
  const tf = (tensorflow ??= loadTensorFlow().tf);
  await tf.ready();
  const weights: Weights = place.from === 'model'
    ? await readWeights(place.folder, architecture)
    : await readMainWeights(place.file, new Set(weightsOf(architecture).map(({ path }) => path)), place);
  networks.set(key, { predictor: await Predictor.open(tf, { architecture, dtype: input.dtype, divideBy }, weights), input: { ...input, fit } });
  return { kind: 'loaded' };
}

/** The rows of all requests go through the network together; a request with a picture that cannot be read is left out. */
async function run({ key, inputs }: RunMessage): Promise<FromPredictor> {
  const { predictor, input } = networks.get(key)!;
  const read: (RowValues | UnreadablePicture)[] = [];
  for (const one of inputs) read.push(await rowsOf(one, input));
  const rows = read.filter((one) => !(one instanceof UnreadablePicture)) as RowValues[];
  const shares = sharesOf(predictor.outputsOf(joinedRows(rows)), rows.map(({ length }) => length));
  const outcomes = read.map((one): Outcome => (one instanceof UnreadablePicture ? { picture: one.place, why: one.message } : { outputs: shares.shift()! }));
  return { kind: 'ran', outcomes };
}

const rowsOf = (inputs: Inputs, input: PredictInput): Promise<RowValues | UnreadablePicture> | RowValues =>
  'rows' in inputs ? inputs.rows : rowsOfPictures(inputs.pictures, input);

function failed(problem: unknown): FromPredictor {
  if (problem instanceof ServiceError) return { kind: 'failed', error: problem.toRecord() };
  process.stderr.write(`${problem instanceof Error ? problem.stack : String(problem)}\n`);
  return { kind: 'failed', error: ServiceError.of('CHILD_FAILED', problem instanceof Error ? problem.message.split('\n')[0]! : String(problem)).toRecord() };
}
