// The kinds of transfer, found by name.
import type { TransferRequest } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import { featureTransfer } from './kinds/feature.js';
import { parameterTransfer } from './kinds/parameter.js';
import { structureTransfer } from './kinds/structure.js';
import type { TransferPlan, TransferTarget } from './plan.js';

type Kinds = {
  [K in TransferRequest['kind']]: (
    base: Architecture,
    request: Extract<TransferRequest, { kind: K }>,
    target: TransferTarget,
  ) => TransferPlan;
};

export const TRANSFER_KINDS: Kinds = {
  parameter: parameterTransfer,
  feature: featureTransfer,
  structure: structureTransfer,
};

export const planTransfer = (base: Architecture, request: TransferRequest, target: TransferTarget): TransferPlan =>
  TRANSFER_KINDS[request.kind](base, request as never, target);
