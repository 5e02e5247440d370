// A lineage as a picture: columns from the first ancestors to the last descendants, a box for each thing, a line for each edge. SVG that stands alone.
import type { Lineage, LineageEdge, LineageNode } from '../contract/lineage.js';

const BOX = { width: 220, height: 56 };
const GAP = { across: 96, down: 20 };
const MARGIN = 24;
/** Word beside shape: never colour alone. */
const KINDS: Readonly<Record<LineageNode['type'], { word: string; corner: number }>> = { dataset: { word: 'data set', corner: 0 }, model: { word: 'model', corner: 28 }, job: { word: 'job', corner: 8 } };
/** Characters of a name that a box has room for. */
const ROOM = 26;

const STYLE = `svg{--back:#ffffff;--text:#1f2328;--soft:#57606a;--line:#6e7781;--main:#0072b2}
@media(prefers-color-scheme:dark){svg{--back:#0d1117;--text:#e6edf3;--soft:#9198a1;--line:#7d8590;--main:#56b4e9}}
.back{fill:var(--back)}text{font:13px system-ui,sans-serif;fill:var(--text)}.soft{font-size:11px;fill:var(--soft)}
rect.node{fill:none;stroke:var(--line);stroke-width:1.5}rect.asked{stroke:var(--main);stroke-width:3}rect.deleted{stroke-dasharray:5 4}path{fill:none;stroke:var(--line)}.head{fill:var(--line);stroke:none}`;

export function lineagePicture({ model, nodes, edges, truncated }: Lineage): string {
  const columns = columnsOf(nodes, edges);
  const place = new Map(columns.flatMap((column, across) => column.map((id, down) => [id, { x: MARGIN + across * (BOX.width + GAP.across), y: MARGIN + down * (BOX.height + GAP.down) }] as const)));
  const width = 2 * MARGIN + columns.length * (BOX.width + GAP.across) - GAP.across;
  const height = 2 * MARGIN + Math.max(...columns.map(({ length }) => length)) * (BOX.height + GAP.down) - GAP.down + (truncated ? 20 : 0);
  const lines = edges.map((edge) => lineOf(edge, place.get(edge.from)!, place.get(edge.to)!));
  const boxes = nodes.map((node) => boxOf(node, place.get(node.id)!, node.id === model));
  const more = truncated ? `<text class="soft" x="${MARGIN}" y="${height - 8}">There is more: the nearest are shown.</text>` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`Lineage of ${model}: ${nodes.length} things, ${edges.length} edges`)}">
<style>${STYLE}</style><defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 L8 4 L0 8 Z"/></marker></defs>
<rect class="back" width="${width}" height="${height}"/>
${lines.join('\n')}
${boxes.join('\n')}
${more}</svg>
`;
}

/** Each thing one column behind the last of what leads to it; within a column in the order in which they were found. */
function columnsOf(nodes: readonly LineageNode[], edges: readonly LineageEdge[]): string[][] {
  const before = new Map<string, string[]>();
  for (const { from, to } of edges) (before.get(to) ?? before.set(to, []).get(to)!).push(from);
  const depths = new Map<string, number>();
  // What leads to a thing was there before it, so there is no way round; were there one, it would end at the thing itself.
  const depthOf = (id: string, behind: ReadonlySet<string>): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    const ways = (before.get(id) ?? []).filter((one) => !behind.has(one));
    const depth = ways.length === 0 ? 0 : 1 + Math.max(...ways.map((one) => depthOf(one, new Set([...behind, id]))));
    depths.set(id, depth);
    return depth;
  };
  const columns: string[][] = [];
  for (const { id } of nodes) (columns[depthOf(id, new Set())] ??= []).push(id);
  return Array.from(columns, (column) => column ?? []);
}

interface Place {
  x: number;
  y: number;
}

function lineOf({ relation }: LineageEdge, from: Place, to: Place): string {
  const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
  const middle = (x1 + x2) / 2;
  return `<path d="M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" marker-end="url(#head)"><title>${relation}</title></path>
<text class="soft" x="${x2 - 10}" y="${y2 - 6}" text-anchor="end">${relation.replaceAll('_', ' ')}</text>`;
}

function boxOf({ id, type, name, status, deleted }: LineageNode, { x, y }: Place, isAsked: boolean): string {
  const { word, corner } = KINDS[type];
  const told = name ?? id;
  const short = [...told].length > ROOM ? `${[...told].slice(0, ROOM - 1).join('')}…` : told;
  return `<g><title>${escaped(`${word} ${id}${name === null ? '' : `: ${name}`}`)}</title><rect class="node${isAsked ? ' asked' : ''}${deleted ? ' deleted' : ''}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="${corner}"/>
<text x="${x + 14}" y="${y + 24}">${escaped(short)}</text><text class="soft" x="${x + 14}" y="${y + 42}">${word}, ${escaped(deleted ? 'deleted' : (status ?? 'unknown'))}</text></g>`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
