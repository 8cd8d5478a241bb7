/**
 * Turns a tile round so that its rows are the last axis of everything, and lie in the lanes of vectors.
 *
 * Cells over lists of synapses read a neuron per synapse and add a synapse to its neuron. With the synapses in the lanes
 * that is an element at a time; with the rows there, a whole vector, as all rows have the same synapses. Products want
 * their features last, so a tile with a product stays as it is.
 */

import type { Attributes, Instruction, Op, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueTypes } from '@rheo/ir';
import type { AxisBlock } from './axis-variables.ts';
import { unifyAxes } from './axis-variables.ts';

/** Place of the row axis of a value of a block; −1 where rows do not run along it. */
type RowAxis = (block: AxisBlock, id: ValueId) => number;

/**
 * The Program with rows last inside, from and to parameters and results that stay as they are; undefined where that does
 * not pay or cannot be. `axisOf` gives the row axis of each parameter, or −1.
 */
export function rowsLast(program: Program, axisOf: readonly number[]): Program | undefined {
  const graph = unifyAxes(program);
  const { root } = graph;
  const rows = new Set<number>();
  axisOf.forEach((axis, id) => {
    if (axis >= 0) rows.add(graph.find(root.axes[id]?.[axis] as number));
  });
  const rowAxis: RowAxis = (block, id) => (block.axes[id] ?? []).findIndex((axis) => rows.has(graph.find(axis)));
  if (!indexesInLoops(root) || !turns(root, rowAxis)) return undefined;

  const types = valueTypes(program);
  const builder = new ProgramBuilder();
  const map = program.params.map(({ type, name }) => builder.param(type, name));
  map.forEach((id, index) => {
    map[index] = turned(builder, id, rowAxis(root, index), (axis, last) => moved(axis, last));
  });
  emitTurned(root, rowAxis, builder, map);
  const results = program.results.map((id) => {
    const rank = types[id]?.shape.length ?? 0;
    return turned(builder, map[id] as ValueId, rowAxis(root, id), (axis) => back(axis, rank));
  });
  return builder.build(results);
}

/** True if a loop body reads or adds at indices: only there it pays to turn. */
export function indexesInLoops(root: AxisBlock): boolean {
  const within = (block: AxisBlock): boolean =>
    block.program.instructions.some(({ op }) => op === 'gather' || op === 'scatter_add') || inBodies(block);
  const inBodies = (block: AxisBlock): boolean => [...block.bodies.values()].flat().some(within);
  return inBodies(root);
}

/** True if every op has a meaning with rows last. */
function turns(block: AxisBlock, rowAxis: RowAxis): boolean {
  const along = (id: ValueId | undefined): boolean => id !== undefined && rowAxis(block, id) >= 0;
  return (
    block.program.instructions.every(({ op, id, operands, attributes }) => {
      if (op === 'dot' || op === 'call') return !operands.some(along) && !along(id);
      if (op === 'gather') return !along(operands[1]) && rowAxis(block, operands[0] as ValueId) !== attributes.axis;
      return op !== 'scatter_add' || (!along(operands[1]) && rowAxis(block, id) !== attributes.axis);
    }) && [...block.bodies.values()].flat().every((body) => turns(body, rowAxis))
  );
}

/** Where an axis goes when axis `row` of `rank` becomes the last. */
function placeOf(axis: number, row: number, rank: number): number {
  if (row < 0 || axis < row) return axis;
  return axis === row ? rank - 1 : axis - 1;
}

function moved(row: number, rank: number): number[] {
  return [...Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== row), row];
}

function back(row: number, rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => placeOf(axis, row, rank));
}

function turned(
  builder: ProgramBuilder,
  id: ValueId,
  row: number,
  permutationOf: (row: number, rank: number) => number[],
): ValueId {
  const rank = builder.type(id).shape.length;
  if (row < 0 || row === rank - 1) return id;
  return builder.one('transpose', [id], { permutation: permutationOf(row, rank) });
}

function emitTurned(block: AxisBlock, rowAxis: RowAxis, builder: ProgramBuilder, map: ValueId[]): void {
  for (const instruction of block.program.instructions) {
    const operands = instruction.operands.map((id) => map[id] as ValueId);
    const attributes = turnedAttributes(block, rowAxis, instruction);
    const ids = builder.emit(instruction.op as Op, operands, attributes as Attributes[Op], instruction.metadata);
    ids.forEach((id, index) => {
      map[instruction.id + index] = id;
    });
  }
}

function turnedAttributes(block: AxisBlock, rowAxis: RowAxis, instruction: Instruction): object {
  const { id } = instruction;
  const source = instruction.operands[0] ?? id;
  const rankOf = (value: ValueId): number => block.axes[value]?.length ?? 0;
  const at = (value: ValueId, axis: number): number => placeOf(axis, rowAxis(block, value), rankOf(value));
  const order = <T>(list: readonly T[]): T[] =>
    rowAxis(block, id) < 0 ? [...list] : moved(rowAxis(block, id), list.length).map((axis) => list[axis] as T);
  switch (instruction.op) {
    case 'constant':
      return { ...instruction.attributes, shape: order(instruction.attributes.shape) };
    case 'iota':
      return {
        ...instruction.attributes,
        shape: order(instruction.attributes.shape),
        axis: at(id, instruction.attributes.axis),
      };
    case 'broadcast': {
      const { shape, axes } = instruction.attributes;
      const to = axes.map((axis, position) => [at(source, position), at(id, axis)] as const);
      return { shape: order(shape), axes: to.sort(([a], [b]) => a - b).map(([, axis]) => axis) };
    }
    case 'transpose': {
      const permutation: number[] = [];
      instruction.attributes.permutation.forEach((axis, position) => {
        permutation[at(id, position)] = at(source, axis);
      });
      return { permutation };
    }
    case 'reshape':
      return { shape: order(instruction.attributes.shape) };
    case 'slice':
    case 'pad':
    case 'reverse':
    case 'concat':
    case 'argmax':
      return { ...instruction.attributes, axis: at(source, instruction.attributes.axis) };
    case 'gather':
      return { axis: at(source, instruction.attributes.axis) };
    case 'scatter_add':
      return { ...instruction.attributes, axis: at(id, instruction.attributes.axis) };
    case 'reduce_sum':
    case 'reduce_max':
      return { axes: instruction.attributes.axes.map((axis) => at(source, axis)).sort((a, b) => a - b) };
    case 'scan':
      return { ...instruction.attributes, body: turnedBody(block, rowAxis, id, 0) };
    case 'while':
      return {
        ...instruction.attributes,
        cond: turnedBody(block, rowAxis, id, 0),
        body: turnedBody(block, rowAxis, id, 1),
      };
    default:
      return instruction.attributes;
  }
}

function turnedBody(block: AxisBlock, rowAxis: RowAxis, owner: ValueId, index: number): Program {
  const inner = block.bodies.get(owner)?.[index] as AxisBlock;
  const builder = new ProgramBuilder();
  const map = inner.program.params.map(({ type, name }, id) => {
    const row = rowAxis(inner, id);
    const shape = row < 0 ? type.shape : moved(row, type.shape.length).map((axis) => type.shape[axis] as number);
    return builder.param({ ...type, shape }, name);
  });
  emitTurned(inner, rowAxis, builder, map);
  return builder.build(inner.program.results.map((id) => map[id] as ValueId));
}
