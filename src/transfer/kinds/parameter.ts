// Parameter transfer: the same structure, the pretrained weights carried over and fine-tuned on the target.
import type { TransferRequest } from '../../contract/job-request.js';
import type { Architecture } from '../../contract/layers.js';
import type { Inheritance } from '../../contract/training-specs.js';
import { weightsOf } from '../../models/architecture.js';
import { fittedTo, headOf } from '../../models/output-layer.js';
import { headInheritance } from '../head-map.js';
import type { TransferPlan, TransferTarget } from '../plan.js';

type Request = Extract<TransferRequest, { kind: 'parameter' }>;

export function parameterTransfer(base: Architecture, request: Request, target: TransferTarget): TransferPlan {
  // Where the classes differ the output layer cannot mean the same; it is replaced, and what is new in it starts fresh.
  const head = target.head === 'keep' ? null : headOf(base);
  const architecture = head === null ? base : fittedTo(base, target.classes, target.loss, target.task);

  const inherit: Inheritance[] = weightsOf(architecture)
    .filter((weight) => weight.layer !== head)
    .map(({ path }) => ({ to: path, from: path }));

  if (head !== null && target.outputs?.length) inherit.push(...headInheritance(architecture, head, target.outputs));
  return { architecture, inherit, newLayers: [head ?? headOf(base)], stages: request.stages, featuresFrom: null };
}
