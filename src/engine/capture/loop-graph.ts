// Programs as loops of one TensorFlow graph: as many steps a call as asked for, state in graph variables between calls.
// Loops of one graph share their variables, so a short last batch is a second loop over the same state.
import { attr, Graph, type GraphType } from './graph-def.js';
import { nodes, resultVariable, resultWidth, tableVariable, type LoopGraph, type Table } from './loop-spec.js';
import { LoopWriter } from './loop-writer.js';
import { lower } from './passes/lower.js';

export function buildLoopGraph(spec: LoopGraph): Graph {
  const graph = new Graph();
  for (const [name, { dtype, shape }] of spec.variables) addState(graph, name, dtype, shape);
  const places = graph.node('Placeholder', [], { dtype: attr.type('int32'), shape: attr.shape([-1]) }, nodes.places);
  for (const [name, table] of Object.entries(spec.tables)) addTable(graph, name, table, places);
  for (const [name, loop] of Object.entries(spec.loops)) {
    addZeros(graph, resultVariable(name), 'float32', [loop.mostSteps, resultWidth(loop.program)]);
    new LoopWriter(graph, spec, name, { ...loop, program: lower(loop.program) }).write();
  }
  return graph;
}

/** A variable with the nodes that set and read it between calls. */
function addState(graph: Graph, name: string, dtype: GraphType, shape: readonly number[]): void {
  const type = { dtype: attr.type(dtype) };
  const value = graph.node('Placeholder', [], { ...type, shape: attr.shape(shape) }, nodes.initial(name));
  addDone(graph, graph.node('AssignVariableOp', [graph.handle(name, dtype, shape), value], type), nodes.initialized(name));
  graph.node('ReadVariableOp', [graph.handle(name, dtype, shape)], type, nodes.read(name));
}

/** A variable that begins as zeros. Not by Fill, which the graph's optimizer takes for a constant and keeps beside the variable. */
function addZeros(graph: Graph, name: string, dtype: 'float32' | 'int32' | 'uint8', shape: readonly number[]): void {
  const zeros = graph.node('Empty', [graph.ints(shape, [shape.length])], { dtype: attr.type(dtype), init: attr.bool(true) });
  addDone(graph, graph.node('AssignVariableOp', [graph.handle(name, dtype, shape), zeros], { dtype: attr.type(dtype) }), nodes.cleared(name));
}

/** A table with the node that writes some of its rows: in place, so that a large one is in memory once. */
function addTable(graph: Graph, name: string, { dtype, shape }: Table, places: string): void {
  const variable = tableVariable(name);
  addZeros(graph, variable, dtype, shape);
  const rows = graph.node('Placeholder', [], { dtype: attr.type(dtype), shape: attr.shape([-1, ...shape.slice(1)]) }, nodes.rows(name));
  const types = { dtype: attr.type(dtype), Tindices: attr.type('int32') };
  addDone(graph, graph.node('ResourceScatterUpdate', [graph.handle(variable, dtype, shape), places, rows], types), nodes.written(name));
}

/** Something small to fetch, so that an operation without a result runs. */
function addDone(graph: Graph, operation: string, name: string): void {
  graph.node('Const', [`^${operation}`], { dtype: attr.type('int32'), value: attr.tensor('int32', [], new Uint8Array(4)) }, name);
}
