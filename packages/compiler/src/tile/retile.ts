/**
 * Emits a block of a Program again for fewer positions of one axis, wherever that axis occurs in it and in its loops.
 *
 * Only shapes change, and numberings: an iota along the axis counts on from the tile's first position, which comes in as
 * a scalar and is handed down to the bodies that need it.
 */

import type { Attributes, DType, Instruction, Op, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueTypes } from '@rheo/ir';
import type { AxisBlock, AxisGraph } from './axis-variables.ts';

/** An axis and how many of its positions there are to be. */
export interface Retiling {
  readonly graph: AxisGraph;
  readonly variable: number;
  readonly rows: number;
}

/** First position of the tile, by the dtype of the numberings that need it. */
export type Offsets = ReadonlyMap<DType, ValueId>;

/** Emits some instructions of a block; `map` gains their values. */
export function emitRetiled(
  retiling: Retiling,
  block: AxisBlock,
  instructions: readonly Instruction[],
  builder: ProgramBuilder,
  map: Map<ValueId, ValueId>,
  offsets: Offsets,
): void {
  for (const instruction of instructions) {
    const operands = instruction.operands.map((id) => map.get(id) as ValueId);
    const ids = emitOne(retiling, block, instruction, operands, builder, offsets);
    ids.forEach((id, index) => {
      map.set(instruction.id + index, id);
    });
  }
}

/** Dtypes of the numberings along the axis, in a block and in its loops. */
export function numberings({ graph, variable }: Retiling, block: AxisBlock): Set<DType> {
  const found = new Set<DType>();
  const visit = (current: AxisBlock): void => {
    for (const { op, id, attributes } of current.program.instructions) {
      if (op !== 'iota') continue;
      if (graph.find(current.axes[id]?.[attributes.axis] as number) === variable) found.add(attributes.dtype);
    }
    for (const bodies of current.bodies.values()) bodies.forEach(visit);
  };
  visit(block);
  return found;
}

/** True if the loops of a block hold an array of different numbers along the axis, which tiles would have to cut up. */
export function holdsArrays({ graph, variable }: Retiling, block: AxisBlock): boolean {
  const along = (current: AxisBlock, id: ValueId): boolean =>
    (current.axes[id] ?? []).some((axis) => graph.find(axis) === variable);
  const varies = (current: AxisBlock): boolean =>
    current.program.instructions.some((found) => isArray(found) && along(current, found.id)) ||
    [...current.bodies.values()].flat().some(varies);
  return [...block.bodies.values()].flat().some(varies);
}

/** True for a constant of different numbers. */
export function isArray(instruction: Instruction): boolean {
  if (instruction.op !== 'constant') return false;
  const [first] = instruction.attributes.value;
  return instruction.attributes.value.some((value) => !Object.is(value, first));
}

/** Shape of a value of a block with the axis shortened. */
export function shapeIn(
  { graph, variable, rows }: Retiling,
  block: AxisBlock,
  id: ValueId,
  shape: readonly (number | string)[],
): number[] {
  const axes = block.axes[id] ?? [];
  return shape.map((size, axis) => (graph.find(axes[axis] as number) === variable ? rows : (size as number)));
}

function emitOne(
  retiling: Retiling,
  block: AxisBlock,
  instruction: Instruction,
  operands: readonly ValueId[],
  builder: ProgramBuilder,
  offsets: Offsets,
): ValueId[] {
  const { graph, variable } = retiling;
  const { id, metadata } = instruction;
  const shape = (): number[] => shapeIn(retiling, block, id, instruction.types[0]?.shape ?? []);
  const emit = <K extends Op>(op: K, attributes: Attributes[K]): ValueId[] =>
    builder.emit(op, operands, attributes, metadata);
  switch (instruction.op) {
    case 'constant': {
      const short = shape();
      const { dtype, value } = instruction.attributes;
      const size = short.reduce((product, dim) => product * dim, 1);
      return emit('constant', { dtype, shape: short, value: isArray(instruction) ? value : value.slice(0, size) });
    }
    case 'iota': {
      const { dtype, axis } = instruction.attributes;
      const [count = 0] = emit('iota', { ...instruction.attributes, shape: shape() });
      const offset = offsets.get(dtype);
      if (graph.find(block.axes[id]?.[axis] as number) !== variable || offset === undefined) return [count];
      return [builder.plain('add', count, builder.broadcast(offset, shape(), []))];
    }
    case 'broadcast':
      return emit('broadcast', { ...instruction.attributes, shape: shape() });
    case 'reshape':
      return emit('reshape', { shape: shape() });
    case 'scan': {
      const [body] = block.bodies.get(id) as [AxisBlock];
      const { consts } = instruction.attributes;
      const handed = handedDown(retiling, [body], offsets);
      const attributes = {
        ...instruction.attributes,
        body: retiledBody(retiling, body, consts, handed),
        consts: consts + handed.length,
      };
      return builder.emit('scan', withHanded(operands, consts, handed, offsets), attributes, metadata);
    }
    case 'while': {
      const [cond, body] = block.bodies.get(id) as [AxisBlock, AxisBlock];
      const { consts } = instruction.attributes;
      const handed = handedDown(retiling, [cond, body], offsets);
      const attributes = {
        cond: retiledBody(retiling, cond, consts, handed),
        body: retiledBody(retiling, body, consts, handed),
        consts: consts + handed.length,
      };
      return builder.emit('while', withHanded(operands, consts, handed, offsets), attributes, metadata);
    }
    default:
      return builder.emit(instruction.op as Op, operands, instruction.attributes as Attributes[Op], metadata);
  }
}

/** Dtypes of first positions that the bodies of a loop need, in a fixed order. */
function handedDown(retiling: Retiling, bodies: readonly AxisBlock[], offsets: Offsets): DType[] {
  const needed = new Set(bodies.flatMap((body) => [...numberings(retiling, body)]));
  return [...offsets.keys()].filter((dtype) => needed.has(dtype));
}

/** Operands of a loop with first positions after its consts. */
function withHanded(
  operands: readonly ValueId[],
  consts: number,
  handed: readonly DType[],
  offsets: Offsets,
): ValueId[] {
  const added = handed.map((dtype) => offsets.get(dtype) as ValueId);
  return [...operands.slice(0, consts), ...added, ...operands.slice(consts)];
}

/** A loop's body for fewer rows, with first positions as further consts. */
function retiledBody(retiling: Retiling, block: AxisBlock, consts: number, handed: readonly DType[]): Program {
  const { program } = block;
  const builder = new ProgramBuilder();
  const map = new Map<ValueId, ValueId>();
  const types = valueTypes(program);
  const declare = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const { dtype, shape } = types[i] as (typeof types)[number];
      map.set(i, builder.param({ dtype, shape: shapeIn(retiling, block, i, shape) }, program.params[i]?.name));
    }
  };
  declare(0, consts);
  const inner = new Map(handed.map((dtype) => [dtype, builder.param({ dtype, shape: [] })]));
  declare(consts, program.params.length);
  emitRetiled(retiling, block, program.instructions, builder, map, inner);
  return builder.build(program.results.map((id) => map.get(id) as ValueId));
}
