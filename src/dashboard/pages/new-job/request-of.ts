// The request that a job was made by, as far as its spec tells: what the service chose is left to it again.
import type { Job } from '../../../contract/job.js';
import type { CompareSpec, ResolvedSpec } from '../../../contract/training-specs.js';
import type { EvaluateSpec, ExplainSpec, ExportSpec } from '../../../contract/untrained-specs.js';

type Draft = Record<string, unknown>;

export function requestOf(job: Job): Draft {
  const { spec, name, priority, metadata, limits } = job;
  const common = {
    type: spec.type, ...(spec.dataset !== null && { dataset: spec.dataset }),
    ...(name !== null && { name: `${name}, again` }), ...(priority !== 5 && { priority }), ...(Object.keys(metadata).length > 0 && { metadata }),
    ...limitsOf(limits),
  };
  if (spec.type === 'export') return { ...common, ...exportOf(spec) };
  if (spec.type === 'explain') return { ...common, ...explanationOf(spec) };
  if (spec.type === 'evaluate') return { ...common, ...evaluationOf(spec) };
  return spec.type === 'compare' ? { ...common, ...comparisonOf(spec) } : { ...common, ...planOf(spec) };
}

const limitsOf = (limits: Job['limits']): Draft => {
  const said = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null));
  return Object.keys(said).length === 0 ? {} : { limits: said };
};

function planOf(spec: ResolvedSpec): Draft {
  const { base_model: base, transfer, architecture, training, type, auto } = spec;
  const chosen = new Set(auto.map(({ pointer }) => pointer.split('/')[2]));
  const { seed, batch_size: size } = training;
  const epochs = spec.stages[0]?.epochs;
  const said = { ...(!chosen.has('seed') && { seed }), ...(!chosen.has('batch_size') && { batch_size: size }), ...(!chosen.has('epochs') && epochs !== undefined && type === 'pretrain' && { epochs }) };
  return {
    ...(base !== null ? { base_model: typeof base === 'string' ? base : { job: base.job, checkpoint: base.checkpoint } } : { model: { layers: architecture.layers } }),
    ...(transfer !== null && { transfer }),
    ...(Object.keys(said).length > 0 && { training: said }),
  };
}

const evaluationOf = ({ model, against, parts, slices }: EvaluateSpec): Draft => ({
  model: model.id,
  ...(against !== null && { against: against.id }),
  part: parts.length > 1 ? 'all' : parts[0]!.part,
  ...(slices.length > 0 && { slices }),
});

function explanationOf({ model, part, methods, examples, worst, output, auto }: ExplainSpec): Draft {
  const chosen = new Set(auto.map(({ pointer }) => pointer));
  return {
    model: model.id, part,
    ...(!chosen.has('/methods') && { methods }),
    ...(examples !== null && { examples }),
    ...(worst !== null && !chosen.has('/worst') && { worst }),
    ...(output !== null && { output }),
  };
}

const exportOf = ({ model, format, quantize, max_drop: drop }: ExportSpec): Draft =>
  ({ model: model.id, format, ...(quantize !== null && { quantize }), ...(drop !== null && { max_drop: drop }) });

const comparisonOf = ({ seeds, candidates }: CompareSpec): Draft => ({
  seeds: seeds.length,
  candidates: candidates.map(({ name, spec: { transfer, base_model: base } }) => ({ name, ...(typeof base === 'string' && { base_model: base }), ...(transfer !== null && { transfer }) })),
});
