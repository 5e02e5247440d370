// Where a model came from and what came of it.
import Type, { type Static } from './typebox.js';
import { closed, nullable, oneOf, Timestamp } from './schema.js';

/** What is to be done where models came of one that is to be deleted. */
export const DESCENDANTS = ['refuse', 'keep'] as const;
export type Descendants = (typeof DESCENDANTS)[number];

export const LINEAGE_RELATIONS = ['trained_on', 'started_from', 'learnt_from', 'made', 'measured', 'measured_on', 'explained', 'exported'] as const;

export const LineageNode = closed({
  id: Type.String(),
  type: oneOf(['dataset', 'model', 'job']),
  name: nullable(Type.String()),
  status: nullable(Type.String(), 'As the thing itself has it; null of one that was deleted.'),
  created_at: nullable(Timestamp),
  deleted: Type.Boolean({ description: 'It is no more, and known by what still names it.' }),
});
export type LineageNode = Static<typeof LineageNode>;

export const LineageEdge = closed({
  from: Type.String(),
  to: Type.String({ description: 'What came of it.' }),
  relation: oneOf(LINEAGE_RELATIONS, {
    description: 'trained_on: from a data set to a job. started_from: from a model, or the job whose checkpoint it was. learnt_from: from a model whose outputs were learnt from. made: from a job to its model. measured: from a model to its evaluation. measured_on: from a data set to an evaluation, an explanation or an export. explained: from a model to its explanation. exported: from a model to its export.',
  }),
});
export type LineageEdge = Static<typeof LineageEdge>;

export const Lineage = closed(
  {
    object: Type.Literal('lineage'),
    model: Type.String({ description: 'The one that was asked for.' }),
    nodes: Type.Array(LineageNode, { description: 'Each once, the one that was asked for first.' }),
    edges: Type.Array(LineageEdge),
    truncated: Type.Boolean({ description: 'Whether there are more than 1,000 nodes; the nearest are told.' }),
  },
  { $id: 'Lineage', title: 'Lineage' },
);
export type Lineage = Static<typeof Lineage>;
