// Where a model came from and what came of it: a graph from left to right, and the same as a table.
import type { Lineage, LineageNode } from '../../../contract/lineage.js';
import { shortId, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { Table } from '../../parts/table.js';
import { href } from '../../route.js';
import { client } from '../../session.js';
import { layoutOf, NODE, type Placed } from './lineage-layout.js';

const ROOMS: Readonly<Record<LineageNode['type'], string>> = { dataset: 'datasets', job: 'jobs', model: 'models' };
const KINDS: Readonly<Record<LineageNode['type'], string>> = { dataset: 'data set', job: 'job', model: 'model' };
/** Letters that fit into a node; the round ends of a job take some. */
const ROOM_FOR = { dataset: 20, model: 20, job: 17 };

export function LineagePanel({ id }: { id: string }) {
  const live = useLive(`lineage ${id}`, (signal) => client.value.models.lineage(id, { signal }), 5_000);
  return (
    <section class="panel">
      <div class="head"><h2>Where it came from, and what came of it</h2><CopyAs request={{ method: 'GET', path: `/v1/models/${id}/lineage`, call: `models.lineage('${id}')`, command: `models lineage ${id}` }} /></div>
      <Loaded live={live}>
        {(lineage) => (
          <>
            <Graph of={lineage} />
            {lineage.truncated && <p class="quiet">There is more: the nearest 1,000 are shown.</p>}
            <details open={lineage.edges.length === 0}><summary>The same as a table</summary><Relations of={lineage} /></details>
          </>
        )}
      </Loaded>
    </section>
  );
}

const nameOf = ({ name, id }: LineageNode): string => name ?? shortId(id);

function Graph({ of: lineage }: { of: Lineage }) {
  const { placed, edges, width, height } = layoutOf(lineage);
  return (
    <div class="scroll tall lineage" tabIndex={0} role="region" aria-label="Graph of the lineage">
      <svg width={width + 4} height={height + 4} viewBox={`-2 -2 ${width + 4} ${height + 4}`} role="group" aria-label="Data sets, jobs and models, from left to right">
        {edges.map(({ edge: { from, to, relation }, path }) => <path key={`${from} ${to} ${relation}`} class={`edge ${relation}`} d={path}><title>{words(relation)}</title></path>)}
        {placed.map((one) => (one.node.deleted ? <Node key={one.node.id} of={one} isAsked={false} /> : <a key={one.node.id} href={href([ROOMS[one.node.type], one.node.id])}><Node of={one} isAsked={one.node.id === lineage.model} /></a>))}
      </svg>
    </div>
  );
}

function Node({ of: { node, x, y }, isAsked }: { of: Placed; isAsked: boolean }) {
  const { type, status, deleted } = node;
  const name = nameOf(node);
  return (
    <g class={`node ${type}${isAsked ? ' asked' : ''}${deleted ? ' deleted' : ''}`} transform={`translate(${x} ${y})`}>
      <title>{name}</title>
      <rect width={NODE.width} height={NODE.height} rx={type === 'job' ? NODE.height / 2 : type === 'model' ? 8 : 0} />
      <text class="kind" x={type === 'job' ? 22 : 12} y={20}>{KINDS[type]}{deleted ? ', deleted' : status === 'ready' || status === 'succeeded' || status === null ? '' : `, ${words(status)}`}</text>
      <text x={type === 'job' ? 22 : 12} y={38}>{name.length > ROOM_FOR[type] ? `${name.slice(0, ROOM_FOR[type] - 1)}…` : name}</text>
    </g>
  );
}

function Relations({ of: { nodes, edges } }: { of: Lineage }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const link = (id: string) => {
    const node = byId.get(id);
    if (node === undefined) return shortId(id);
    return <>{node.deleted ? nameOf(node) : <a href={href([ROOMS[node.type], id])}>{nameOf(node)}</a>} <span class="quiet">{KINDS[node.type]}{node.deleted && ', deleted'}</span></>;
  };
  if (edges.length === 0) return <p class="quiet">Nothing is known of where it came from, and nothing has come of it.</p>;
  return (
    <Table label="Table of the lineage" titles={['What', 'How', 'From']} isTall>{edges.map(({ from, to, relation }) => <tr key={`${from} ${to} ${relation}`}><td>{link(to)}</td><td>{relation === 'made' ? 'made by' : words(relation)}</td><td>{link(from)}</td></tr>)}</Table>
  );
}
