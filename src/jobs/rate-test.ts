// A learning rate range test as a spec: the training that it tests for, with one stage of as many steps as the test takes.
import { ServiceError } from '../contract/errors.js';
import type { FineTuneRequest, LrFindRequest, PretrainRequest } from '../contract/job-request.js';
import { RANGE_STEPS } from '../contract/rate-report.js';
import { PUBLISHED_RUN } from '../contract/run.js';
import type { ResolvedSpec } from '../contract/training-specs.js';

/** The job whose rate is looked for. @throws MISSING_FIELD, INVALID_VALUE where it is not told whether the network is new */
export function trainingToTest({ model, base_model: base, transfer, head, dataset, training }: LrFindRequest): PretrainRequest | FineTuneRequest {
  const rest = { dataset, ...(training && { training }) };
  if (base === undefined) {
    if (model === undefined) throw ServiceError.of('MISSING_FIELD', 'base_model').at('/base_model');
    const misplaced = transfer !== undefined ? 'transfer' : head !== undefined ? 'head' : undefined;
    if (misplaced) throw ServiceError.of('INVALID_VALUE', 'must be left out of a network that starts from fresh weights').at(`/${misplaced}`);
    return { type: 'pretrain', model, ...rest };
  }
  if (model !== undefined) throw ServiceError.of('INVALID_VALUE', 'must be left out beside base_model, which has a network').at('/model');
  return { type: 'fine_tune', base_model: base, transfer: transfer ?? { kind: 'parameter' }, ...(head !== undefined && { head }), ...rest };
}

/** @throws INVALID_VALUE where no stage takes steps, or not the one that is asked for */
export function rateTest(spec: ResolvedSpec, asked: number | undefined): ResolvedSpec {
  const at = asked ?? spec.stages.findIndex(({ solver }) => !solver);
  const stage = spec.stages[at];
  if (!stage) throw ServiceError.of('INVALID_VALUE', asked === undefined ? 'has no stage that takes steps: there is no rate to find' : `must be at most ${spec.stages.length - 1}: there are no more stages`).at(asked === undefined ? '/transfer' : '/stage');
  if (stage.solver) throw ServiceError.of('INVALID_VALUE', `must not be ${at}: that stage is solved, and takes no steps`).at('/stage');
  const { trainable, learning_rate, rates, loss_terms: terms, augment } = stage;
  const { train_examples: examples, batch_size: batch } = spec.training;
  const epochs = Math.ceil(RANGE_STEPS / Math.ceil(examples / batch));
  return {
    ...spec,
    type: 'lr_find',
    features_from: null,
    stages: [{ trainable, epochs, steps: RANGE_STEPS, learning_rate, ...(rates && { rates }), ...(terms && { loss_terms: terms }), ...(augment !== undefined && { augment }) }],
    runs: spec.runs.filter(({ run }) => run === PUBLISHED_RUN),
    auto: spec.auto.filter(({ pointer }) => !OF_LENGTH.includes(pointer)),
  };
}

/** What is chosen of a training and says nothing of its test. */
const OF_LENGTH = ['/training/epochs', '/training/schedule', '/training/optimizer/learning_rate', '/features_from'];
