// Where the nodes of a lineage lie: columns by how many steps came before (the longest way), within a column near what they came of
// (barycentres, Sugiyama, Tagawa and Toda 1981).
import type { Lineage, LineageEdge, LineageNode } from '../../../contract/lineage.js';

export const NODE = { width: 160, height: 52 };
const GAP = { x: 44, y: 16 };

export interface Placed {
  node: LineageNode;
  x: number;
  y: number;
}
export interface Layout {
  placed: readonly Placed[];
  edges: readonly { edge: LineageEdge; path: string }[];
  width: number;
  height: number;
}

/** Ids by the id that they are beside. */
type Beside = ReadonlyMap<string, readonly string[]>;

const besideBy = (edges: readonly LineageEdge[], end: 'from' | 'to'): Beside => {
  const beside = new Map<string, string[]>();
  for (const edge of edges) {
    const other = edge[end === 'from' ? 'to' : 'from'];
    if (!beside.get(edge[end])?.push(other)) beside.set(edge[end], [other]);
  }
  return beside;
};

export function layoutOf({ nodes, edges }: Pick<Lineage, 'nodes' | 'edges'>): Layout {
  const [causes, uses] = [besideBy(edges, 'to'), besideBy(edges, 'from')];
  const columns = columnsOf(nodes, causes, uses);
  for (let column = 1; column < columns.length; column += 1) order(columns[column]!, columns[column - 1]!, causes);
  for (let column = columns.length - 2; column >= 0; column -= 1) order(columns[column]!, columns[column + 1]!, uses);
  const most = Math.max(...columns.map(({ length }) => length));
  const placed = columns.flatMap((column, x) =>
    column.map((node, y): Placed => ({ node, x: x * (NODE.width + GAP.x), y: (y + (most - column.length) / 2) * (NODE.height + GAP.y) })));
  const byId = new Map(placed.map((one) => [one.node.id, one]));
  return {
    placed,
    edges: edges.flatMap((edge) => {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
      return from && to ? [{ edge, path: curve(from, to) }] : [];
    }),
    width: columns.length * (NODE.width + GAP.x) - GAP.x,
    height: most * (NODE.height + GAP.y) - GAP.y,
  };
}

function columnsOf(nodes: readonly LineageNode[], causes: Beside, uses: Beside): LineageNode[][] {
  const depths = new Map<string, number>();
  const depth = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    // There is no way round in what came of what; were there one, it would end here.
    depths.set(id, 0);
    const found = Math.max(-1, ...(causes.get(id) ?? []).map(depth)) + 1;
    depths.set(id, found);
    return found;
  };
  const columns: LineageNode[][] = Array.from({ length: Math.max(...nodes.map(({ id }) => depth(id))) + 1 }, () => []);
  for (const node of nodes) {
    const after = uses.get(node.id) ?? [];
    // What came of nothing stands just before its first use rather than at the far left.
    const isRoot = depth(node.id) === 0 && after.length > 0;
    columns[isRoot ? Math.max(0, Math.min(...after.map(depth)) - 1) : depth(node.id)]!.push(node);
  }
  return columns;
}

/** Nodes without a neighbour keep their place. */
function order(column: LineageNode[], others: readonly LineageNode[], beside: Beside): void {
  const places = new Map(others.map(({ id }, at) => [id, at]));
  const centre = new Map(column.map(({ id }, at) => {
    const found = (beside.get(id) ?? []).flatMap((other) => places.get(other) ?? []);
    return [id, found.length === 0 ? at : found.reduce((sum, one) => sum + one, 0) / found.length];
  }));
  column.sort((one, other) => centre.get(one.id)! - centre.get(other.id)!);
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1, x2, y2] = [from.x + NODE.width, from.y + NODE.height / 2, to.x, to.y + NODE.height / 2];
  const bend = Math.max((x2 - x1) / 2, GAP.x / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
