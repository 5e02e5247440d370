// A request with a plan in the place of what was left to the service: from here on it is like one that said all of it.
import type { DatasetContent } from '../contract/dataset.js';
import type { Dial, FineTuneRequest, PretrainRequest, Training, TransferRequest } from '../contract/job-request.js';
import { ServiceError } from '../contract/errors.js';
import { flopsPerExample, weightsOf } from '../models/architecture.js';
import { headOf } from '../models/output-layer.js';
import type { AutoValues } from '../transfer/auto.js';
import { planTraining, type BaseFacts, type Plan, type PlanFacts } from '../transfer/auto-plan.js';
import { isExtractor } from '../transfer/frozen.js';
import type { Base } from './base.js';

/** A request that says how its base is carried over. */
export type PlannedRequest = PretrainRequest | (FineTuneRequest & { transfer: TransferRequest });
/** A job that trains. */
type TrainingRequest = PretrainRequest | FineTuneRequest;

/** Where training is "auto" or has a preset, or nothing is said of the transfer, the plan fills what is left open; what was said wins. */
export function planned(request: TrainingRequest, content: DatasetContent, base: Base | null, auto: AutoValues): PlannedRequest {
  const asked: Training = request.training === undefined || request.training === 'auto' ? {} : request.training;
  const dial = asked.preset ?? (request.training === 'auto' || (request.type === 'fine_tune' && !request.transfer) ? 'balanced' : undefined);
  if (dial === undefined) return request as PlannedRequest;
  const plan = planTraining(factsOf(request, asked, dial, content, base));
  if (request.type !== 'fine_tune') return { ...request, training: filled(asked, plan, auto) };
  const transfer = carried(request.transfer, plan, auto);
  // A preset of stages brings what its source trains by.
  const bySource = request.transfer && 'preset' in request.transfer && request.transfer.preset !== undefined;
  return { ...request, transfer, training: filled(asked, plan, auto, bySource) };
}

function filled(asked: Training, plan: Plan, auto: AutoValues, bySource = false): Training {
  const training: Training = { ...asked };
  const fill = <K extends keyof Training>(name: K, chosen: { value: NonNullable<Training[K]>; rule: string } | undefined): void => {
    if (chosen) training[name] = auto.choose(`/training/${name}`, asked[name], chosen.value, chosen.rule);
  };
  fill('epochs', plan.epochs);
  fill('validation_split', plan.validationSplit);
  fill('early_stopping', plan.earlyStopping);
  if (bySource) return training;
  fill('batch_size', plan.batchSize);
  fill('optimizer', plan.optimizer);
  return training;
}

/** As it was asked for; where that leaves the stages open, with those of the plan. */
function carried(asked: TransferRequest | undefined, { transfer }: Plan, auto: AutoValues): TransferRequest {
  const { value, rule } = transfer!;
  if (!asked) return auto.choose('/transfer', undefined, value, rule);
  if (asked.kind === 'parameter' && !asked.preset && !asked.stages && value.kind === 'parameter') return { ...asked, stages: auto.choose('/transfer/stages', undefined, value.stages!, rule) };
  if (asked.kind === 'feature' && !asked.solver && !asked.head?.length) return { ...asked, solver: auto.choose('/transfer/solver', undefined, { name: 'lbfgs' }, 'the new model is an output layer alone, which has one best answer') };
  return asked;
}

function factsOf(request: TrainingRequest, asked: Training, dial: Dial, content: DatasetContent, base: Base | null): PlanFacts {
  const { train, validation } = content.parts;
  const part = asked.validation_split;
  return {
    dial,
    task: content.task,
    trainExamples: train.examples,
    smallestClass: content.target ? train.examples : Math.min(...train.class_counts.filter((count) => count > 0)),
    validationExamples: validation?.examples ?? (part === undefined ? undefined : Math.ceil(part * train.examples)),
    base: base && baseFacts(base, request as FineTuneRequest, content),
  };
}

function baseFacts({ architecture, labels, frozenLayers, task }: Base, { head }: FineTuneRequest, content: DatasetContent): BaseFacts {
  const names = content.target?.names ?? content.class_names;
  const same = task === content.task && labels.length === names.length && labels.every((label, index) => label === names[index]);
  return {
    convolutional: architecture.layers.some((layer) => layer.class_name.includes('Conv')),
    normalised: architecture.layers.some((layer) => layer.class_name === 'BatchNormalization'),
    flopsPerExample: flopsPerExample(architecture),
    frozen: isExtractor(architecture, frozenLayers) || frozenLayers.length > 0,
    sameClasses: head === 'keep' || (same && head !== 'replace' && typeof head !== 'object'),
    hasFeatures: hasFeatures(architecture),
  };
}

/** Whether anything that was learnt comes before the output layer. */
function hasFeatures(architecture: Base['architecture']): boolean {
  try {
    const head = headOf(architecture);
    return weightsOf(architecture).some(({ layer }) => layer !== head);
  } catch (problem) {
    if (problem instanceof ServiceError) return false;
    throw problem;
  }
}
