// A whole training from facts about the data and the base model: pure functions, each value with the rule that chose it. The numbers are
// those of docs/decisions/transfer.md, "What auto chooses".
import type { EarlyStoppingRequest } from '../contract/early-stopping.js';
import type { Dial, StageRequest, TransferRequest } from '../contract/job-request.js';
import type { OptimizerRequest } from '../contract/optimizers.js';
import type { Task } from '../contract/task.js';

export interface Chosen<T> {
  value: T;
  rule: string;
}

export interface PlanFacts {
  dial: Dial;
  task: Task;
  /** Of the train part. */
  trainExamples: number;
  /** Train examples of the smallest class; of values, all. */
  smallestClass: number;
  /** Of the data set's own validation part, or what the caller holds out; undefined: it is left to the plan. */
  validationExamples: number | undefined;
  /** null where the network is new. */
  base: BaseFacts | null;
}

export interface BaseFacts {
  /** Whether there is a convolution among its layers. */
  convolutional: boolean;
  /** Whether there is a batch normalisation among its layers. */
  normalised: boolean;
  /** Multiplications and additions of one example, forwards. */
  flopsPerExample: number;
  /** Whether no job may train it: it gives features. */
  frozen: boolean;
  /** Whether its output layer is kept. */
  sameClasses: boolean;
  /** Whether anything that was learnt comes before its output layer. */
  hasFeatures: boolean;
}

export interface Plan {
  /** Of a transfer. */
  transfer?: Chosen<TransferRequest>;
  epochs: Chosen<number>;
  batchSize: Chosen<number>;
  optimizer: Chosen<OptimizerRequest>;
  /** undefined: there is validation already, or the caller wants none. */
  validationSplit?: Chosen<number>;
  /** undefined: training takes all its steps. */
  earlyStopping?: Chosen<EarlyStoppingRequest>;
}

export function planTraining(facts: PlanFacts): Plan {
  const { way, rule } = wayOf(facts);
  const split = way.validation === 'unused' ? NONE_NEEDED : splitOf(facts, way.validation);
  const validates = (facts.validationExamples ?? split.value) > 0;
  const { transfer } = way;
  return {
    ...(transfer && { transfer: { value: transfer(facts), rule } }),
    epochs: epochsOf(facts),
    batchSize: batchOf(facts),
    optimizer: way.optimizer,
    ...(facts.validationExamples === undefined && { validationSplit: split }),
    ...(way.validation !== 'unused' && validates && { earlyStopping: PATIENCE[facts.dial] }),
  };
}

/** A way to go: what it trains by, and what it needs validation for. */
interface Way {
  /** decides: whether to go further, and which stage is published; stops: when training ends; unused: there is nothing to decide. */
  validation: 'decides' | 'stops' | 'unused';
  optimizer: Chosen<OptimizerRequest>;
  transfer?: (facts: PlanFacts) => TransferRequest;
}

const ADAM: Chosen<OptimizerRequest> = { value: { name: 'adam' }, rule: 'adam at its usual rate: in few epochs it gets further than the article’s SGD' };

const PROBE: StageRequest = { trainable: 'head', solver: { name: 'lbfgs' } };
/** Held back so far that it says which way each class lies and hardly more: after a probe that fits, what is before it has nothing left to learn. */
const HELD_BACK: StageRequest = { trainable: 'head', solver: { name: 'lbfgs', l2: 1 } };
/** A tenth of Adam's usual rate: what was pretrained needs correcting, not learning. */
const LOW_RATE = 1e-4;
/** What is left to gain is less than a validation part of a few hundred can tell; of a smaller one so much may be luck. */
const LEAST_TO_BE_SURE = 300;
const GOOD_ENOUGH = { classification: { metric: 'val_accuracy', at_least: 0.99 }, regression: { metric: 'val_r2', at_least: 0.99 } } as const;
const further = (facts: PlanFacts): StageRequest => ({
  trainable: 'all', learning_rate: LOW_RATE, freeze_batch_norm: true, ...(validationOf(facts) >= LEAST_TO_BE_SURE && { unless: GOOD_ENOUGH[facts.task] }),
});
const validationOf = (facts: PlanFacts): number => facts.validationExamples ?? splitOf(facts, 'decides').value * facts.trainExamples;

const WAYS = {
  fresh: { validation: 'stops', optimizer: ADAM },
  onFeatures: { validation: 'unused', optimizer: ADAM, transfer: () => ({ kind: 'feature', solver: { name: 'lbfgs' } }) },
  probe: { validation: 'unused', optimizer: ADAM, transfer: () => ({ kind: 'parameter', stages: [PROBE] }) },
  probeThenFurther: { validation: 'decides', optimizer: ADAM, transfer: (facts) => ({ kind: 'parameter', stages: [PROBE, further(facts)] }) },
  goOn: { validation: 'stops', optimizer: { value: { name: 'adam', learning_rate: LOW_RATE }, rule: 'a tenth of adam’s usual rate: the network knows these classes' }, transfer: () => ({ kind: 'parameter', stages: [{ trainable: 'all' }] }) },
  heldBack: { validation: 'stops', optimizer: ADAM, transfer: () => ({ kind: 'parameter', stages: [HELD_BACK, { trainable: 'all' }] }) },
  full: { validation: 'stops', optimizer: ADAM, transfer: () => ({ kind: 'parameter', stages: [{ trainable: 'all' }] }) },
} as const satisfies Record<string, Way>;

/** Fewer of a class in training are few: what was carried over counts more than what they can teach. */
const FEW = 100;
/** A part of fewer a class decides nothing. */
const LEAST_TO_DECIDE = 20;
/** Of one example, forwards: a few layers of convolutions on small pictures. */
const SMALL_FLOPS = 1e8;
/** Training all of a deep network is worth its time from so many examples on, or where it takes fewer operations than this. */
const WORTH_EXAMPLES = 1_000;
const CHEAP_FLOPS = 3e11;
const PASSES = 3;

/** The first row that fits. */
const ROWS: readonly { way: keyof typeof WAYS; fits: (facts: PlanFacts, base: BaseFacts) => boolean; rule: (facts: PlanFacts) => string }[] = [
  { way: 'onFeatures', fits: (_, { frozen }) => frozen, rule: () => 'no job trains the base model: an output layer on its features, solved' },
  { way: 'goOn', fits: (_, { sameClasses }) => sameClasses, rule: () => 'the classes are those of the base model: its output layer is kept, and all layers go on from there' },
  { way: 'full', fits: (_, { hasFeatures }) => !hasFeatures, rule: () => 'the base model has no features before its output layer: all layers learn' },
  { way: 'probe', fits: ({ dial, smallestClass }, { convolutional }) => dial === 'quick' && (convolutional || smallestClass < FEW), rule: () => 'quick: a linear probe on the features of the base model, and no more' },
  {
    way: 'heldBack', fits: ({ smallestClass }, base) => isSmall(base) && (base.convolutional || smallestClass < FEW),
    rule: ({ smallestClass }) => `a small network, ${smallestClass} examples of the smallest class: a probe that is held back, then all layers, the best of what was measured there`,
  },
  { way: 'full', fits: (_, { convolutional }) => !convolutional, rule: () => `no convolutions, and ${FEW} examples a class and more: all layers learn from the start` },
  {
    way: 'probe', fits: (facts) => !canDecide(facts),
    rule: ({ smallestClass, validationExamples }) => (validationExamples === 0 ? 'nothing validates: a linear probe, since nothing could tell whether going further is better' : `${smallestClass} examples of the smallest class: a linear probe alone, since a validation part of fewer than ${LEAST_TO_DECIDE} could not tell whether going further is better`),
  },
  {
    way: 'probe', fits: (facts, { flopsPerExample }) => !isWorthIt(facts, flopsPerExample),
    rule: ({ trainExamples }) => `${trainExamples} examples: a linear probe alone; training all of a deep network on fewer than ${WORTH_EXAMPLES} takes long and gains little (preset "best" tries it)`,
  },
  { way: 'probeThenFurther', fits: () => true, rule: () => 'a deep base model: a linear probe on its features first, then all layers at a low rate; the best by validation is published, the probe included' },
];

function wayOf(facts: PlanFacts): { way: Way; rule: string } {
  const { base } = facts;
  if (!base) return { way: WAYS.fresh, rule: '' };
  const row = ROWS.find(({ fits }) => fits(facts, base))!;
  return { way: WAYS[row.way], rule: row.rule(facts) };
}

/** No deep network, whose features are worth more than what a few examples would make of them. */
const isSmall = ({ convolutional, normalised, flopsPerExample }: BaseFacts): boolean => !convolutional || (!normalised && flopsPerExample <= SMALL_FLOPS);

const canDecide = ({ validationExamples, smallestClass }: PlanFacts): boolean => (validationExamples === undefined ? smallestClass >= LEAST_TO_DECIDE : validationExamples > 0);

const isWorthIt = (facts: PlanFacts, flopsPerExample: number): boolean =>
  facts.dial === 'best' || facts.trainExamples >= WORTH_EXAMPLES || PASSES * flopsPerExample * facts.trainExamples * epochsOf(facts).value <= CHEAP_FLOPS;

const NONE_NEEDED: Chosen<number> = { value: 0, rule: 'nothing is decided by validation: all training examples are trained on' };
/** More tell no more. */
const MOST_HELD_OUT = 5_000;

/** What is held out of the train part. */
function splitOf({ trainExamples, smallestClass }: PlanFacts, use: 'decides' | 'stops'): Chosen<number> {
  if (use === 'stops' && smallestClass < FEW) return { value: 0, rule: `${smallestClass} examples of the smallest class, fewer than ${FEW}: all are trained on, for a fixed number of epochs` };
  if (smallestClass < FEW) return { value: 0.2, rule: 'a fifth is held out: what is published is decided by it' };
  const part = Math.min(0.1, Number((MOST_HELD_OUT / trainExamples).toPrecision(2)));
  return { value: part, rule: part < 0.1 ? `about ${MOST_HELD_OUT} examples are held out: more would tell no more` : 'a tenth is held out: what is published is decided by it' };
}

/** Rounds over the data that brought training to an end in the measurements, by the number of examples. */
const EPOCHS = [
  { to: 100, epochs: 50 },
  { to: 500, epochs: 20 },
  { to: 2_000, epochs: 10 },
];
const USUAL_EPOCHS = 10;
const TIMES: Readonly<Record<Dial, number>> = { quick: 0.5, balanced: 1, best: 3 };

function epochsOf({ dial, trainExamples }: PlanFacts): Chosen<number> {
  const row = EPOCHS.find(({ to }) => trainExamples <= to);
  const epochs = row?.epochs ?? USUAL_EPOCHS;
  const why = row ? `${epochs} epochs up to ${row.to} examples` : `${epochs} epochs of more than ${EPOCHS.at(-1)!.to} examples`;
  return { value: epochs * TIMES[dial], rule: dial === 'balanced' ? why : `${why}, ${dial === 'quick' ? 'halved' : 'three times over'}: preset "${dial}"` };
}

const USUAL_BATCH = 32;
const batchOf = ({ trainExamples }: PlanFacts): Chosen<number> => {
  const few = Math.max(1, Math.floor(trainExamples / 2));
  return few < USUAL_BATCH ? { value: few, rule: `half of ${trainExamples} examples: two steps an epoch` } : { value: USUAL_BATCH, rule: 'the article’s batch of 32' };
};

const patience = (epochs: number): Chosen<EarlyStoppingRequest> => ({ value: { metric: 'val_loss', patience: epochs }, rule: `the best epoch by validation is published; training ends after ${epochs} that were no better` });
const PATIENCE: Readonly<Record<Dial, Chosen<EarlyStoppingRequest>>> = { quick: patience(2), balanced: patience(3), best: patience(8) };
