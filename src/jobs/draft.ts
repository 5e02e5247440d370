// What a request leads to, kind by kind: the network, what it starts from and what learns in it, before the parts that all jobs share.
import { ServiceError } from '../contract/errors.js';
import type { DatasetContent } from '../contract/dataset.js';
import type { FineTuneRequest, PretrainRequest, StageRequest, TransferRequest } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import type { LossName } from '../contract/losses.js';
import type { RunPlan } from '../contract/run.js';
import { volume } from '../contract/shape.js';
import type { Inheritance, ResolvedSpec } from '../contract/training-specs.js';
import { outputShape, weightsOf } from '../models/architecture.js';
import { headOf, misfitOf, outputLayerFor, requireFittingOutput } from '../models/output-layer.js';
import { requestedArchitecture } from '../models/requested.js';
import { requireReasonableSize } from '../models/size.js';
import { newOutputLayer, resolveHead, type AutoValues, type HeadFacts } from '../transfer/auto.js';
import { isExtractor, stillFrozen } from '../transfer/frozen.js';
import { headTakesTheSame } from '../transfer/head-map.js';
import { planTransfer } from '../transfer/registry.js';
import type { Base } from './base.js';
import type { PlannedRequest } from './planned.js';
import { requireSameColumns, requireSamePreparation, requireSameShape } from './same-inputs.js';

export interface Draft {
  architecture: Architecture;
  inherit: Inheritance[];
  newLayers: string[];
  /** As they were asked for, or are all that makes sense; undefined: those of the preset. */
  stages: StageRequest[] | undefined;
  featuresFrom: string | null;
  /** Inherited layers that no job trains. */
  frozenLayers: string[];
  base: Base | null;
  head: ResolvedSpec['head'];
  runs: (seed: number) => RunPlan[];
}

/** @param base of a fine-tune; null where the network is new */
export const draftOf = (request: PlannedRequest, content: DatasetContent, base: Base | null, loss: LossName, auto: AutoValues): Draft =>
  request.type === 'pretrain' ? draftPretrain(request, content, loss) : draftFineTune(request, content, base!, loss, auto);

function draftPretrain(request: PretrainRequest, content: DatasetContent, loss: LossName): Draft {
  const outputs = outputsOf(content);
  const pointer = 'layers' in request.model ? '/model/layers' : '/model';
  const architecture = located(pointer, () => {
    const requested = requestedArchitecture(request.model, content.input_shape, outputLayerFor(loss, outputs, content.task));
    requireReasonableSize(requested);
    requireFittingOutput(requested, outputs, loss, content.task);
    if (!weightsOf(requested).some(({ learns }) => learns)) throw ServiceError.of('NOTHING_TRAINABLE', 0);
    return requested;
  });
  return {
    architecture,
    inherit: [],
    newLayers: architecture.layers.map((layer) => layer.name),
    stages: [{ trainable: 'all' }],
    featuresFrom: null,
    frozenLayers: [],
    base: null,
    head: null,
    runs: (seed) => [{ run: 'main', role: 'main', seed }],
  };
}

function draftFineTune(request: Extract<PlannedRequest, FineTuneRequest>, content: DatasetContent, base: Base, loss: LossName, auto: AutoValues): Draft {
  requireSameShape(base, content);
  requireSamePreparation(base.preprocessing, content.preprocessing);
  requireSameColumns(base.preprocessing, content.preprocessing);
  const classes = outputsOf(content);
  const { head, outputs } = request.transfer.kind === 'feature' ? newOutputLayer(request.head, auto) : resolveHead(request.head, headFacts(base, request.transfer, content, loss), auto);
  const transfer = withCut(request.transfer, base, auto);
  const plan = located('/transfer', () => {
    const planned = planTransfer(base.architecture, transfer, { classes, task: content.task, loss, head, outputs });
    requireReasonableSize(planned.architecture);
    requireFittingOutput(planned.architecture, classes, loss, content.task);
    return planned;
  });

  return {
    architecture: plan.architecture,
    inherit: plan.inherit,
    newLayers: plan.newLayers,
    stages: plan.stages,
    featuresFrom: plan.featuresFrom,
    frozenLayers: stillFrozen(plan.inherit, base.frozenLayers),
    base,
    head,
    runs: (seed) => runsOf(request.baseline, seed),
  };
}

function headFacts({ architecture, labels, task, frozenLayers }: Base, transfer: TransferRequest, content: DatasetContent, loss: LossName): HeadFacts {
  const classes = outputsOf(content);
  const ofLabels = (): boolean => volume(outputShape(architecture)) === labels.length && misfitOf(architecture, labels.length, loss, task) === undefined;
  /** What comes before the output layer may have been edited, or is not to be carried over. */
  const takesTheSame = (): boolean => {
    if (transfer.kind !== 'structure') return true;
    const { architecture: edited } = planTransfer(architecture, transfer, { classes, task, loss, head: 'keep' });
    return transfer.inherit !== 'none' && headTakesTheSame(architecture, edited, headOf(edited));
  };
  return {
    baseLabels: labels,
    classNames: content.target?.names ?? content.class_names,
    fits: task === content.task && misfitOf(architecture, classes, loss, content.task) === undefined,
    byClass: () => task === 'classification' && content.task === task && ofLabels() && outputLayerFor(loss, classes).units === classes && located('/transfer', takesTheSame),
    frozen: frozenLayers.includes(weightsOf(architecture).at(-1)?.layer ?? ''),
  };
}

/** What a feature extractor gives is the feature, where no other cut is asked for: it has no output layer of its own to leave out. */
function withCut(transfer: TransferRequest, base: Base, auto: AutoValues): TransferRequest {
  if (transfer.kind !== 'feature' || transfer.cut !== undefined || !isExtractor(base.architecture, base.frozenLayers)) return transfer;
  const last = base.architecture.layers.at(-1)!.name;
  return { ...transfer, cut: auto.choose('/transfer/cut', undefined, last, 'the base is a feature extractor: what it gives is the feature') };
}

export const MOST_SEED = 2 ** 32 - 1;

/** For each seed the main run and, where one is asked for, its baseline. @throws INVALID_VALUE */
function runsOf({ scratch, seeds = 1 }: NonNullable<FineTuneRequest['baseline']> = { scratch: false }, first: number): RunPlan[] {
  if (seeds > 1 && !scratch) throw ServiceError.of('INVALID_VALUE', 'must be 1 where scratch is false: there is nothing to compare').at('/baseline/seeds');
  if (first > MOST_SEED - (seeds - 1)) throw ServiceError.of('INVALID_VALUE', `must leave room for ${seeds} seeds up to ${MOST_SEED}`).at('/training/seed');
  const roles: RunPlan['role'][] = scratch ? ['main', 'baseline'] : ['main'];
  return Array.from({ length: seeds }, (_, at) => roles.map((role) => ({ run: at === 0 ? role : `${role}_${at + 1}`, role, seed: first + at }))).flat();
}

/** Outputs that the network needs at most: one for each class or value. */
const outputsOf = ({ class_names: names, target }: DatasetContent): number => target?.names.length ?? names.length;

/** Does the work; a failure that does not say where in the request it lies, lies at the pointer. */
function located<T>(pointer: string, work: () => T): T {
  try {
    return work();
  } catch (problem) {
    throw problem instanceof ServiceError && problem.pointer === undefined ? problem.at(pointer) : problem;
  }
}
