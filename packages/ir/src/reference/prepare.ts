/**
 * Turns a verified Program into a function on arrays: sizes are bound and every instruction gets its kernel, once.
 */

import type { Dims } from '../bind-dims.ts';
import { RheoError } from '../errors.ts';
import type { Attributes, Instruction, Op, Program } from '../ops.ts';
import type { Dim, TensorData, TensorType } from '../types.ts';
import { allocate, formatType } from '../types.ts';
import type { BoundType, Context, Kernel } from './kernel.ts';
import { product } from './kernel.ts';
import { meanings } from './meanings.ts';

/** How f32 is computed: in double throughout, or rounded to single after every op. */
export type Precision = 'double' | 'single';

/** A kernel for the whole Program. Throws `shape` for a name without a number, or a size that an op cannot take. */
export function prepare(program: Program, dims: Dims, precision: Precision): Kernel {
  const bindDim = (dim: Dim): number => dimOf(dim, dims);
  const types: BoundType[] = program.params.map(({ type }) => bindType(type, dims));
  const steps = program.instructions.map((instruction) => {
    const operands = instruction.operands.map((id) => types[id] as BoundType);
    const results = instruction.types.map((type) => bindType(type, dims));
    checkEmpty(instruction, operands, results);
    types.push(...results);
    const context: Context = {
      operands,
      results,
      operand: (index) => operands[index] as BoundType,
      result: results[0] ?? { dtype: 'f32', shape: [], size: 1 },
      allocate: (type) => allocateFor(type, precision),
      bindDim,
      prepare: (nested) => prepare(nested, dims, precision),
    };
    return { operands: instruction.operands, kernel: kernelOf(instruction.op, instruction.attributes, context) };
  });
  return (inputs) => {
    const values = [...inputs];
    for (const { operands, kernel } of steps) values.push(...kernel(operands.map((id) => values[id] as TensorData)));
    return program.results.map((id) => values[id] as TensorData);
  };
}

/** The type with numbers for names. */
export function bindType({ dtype, shape }: TensorType, dims: Dims): BoundType {
  const bound = shape.map((dim) => dimOf(dim, dims));
  return { dtype, shape: bound, size: product(bound) };
}

/** A zeroed array for a value inside the interpreter. */
export function allocateFor({ dtype, size }: BoundType, precision: Precision): TensorData {
  return dtype === 'f32' && precision === 'double' ? new Float64Array(size) : allocate(dtype, size);
}

function dimOf(dim: Dim, dims: Dims): number {
  if (typeof dim === 'number') return dim;
  const size = Object.hasOwn(dims, dim) ? dims[dim] : undefined;
  if (size !== undefined) return size;
  throw new RheoError('shape', {
    from: '@rheo/ir',
    what: `dimension "${dim}" is not bound to a number`,
    remedy: `Pass dims: { ${dim}: … }`,
  });
}

function kernelOf<K extends Op>(op: K, attributes: Attributes[Op], context: Context): Kernel {
  return meanings[op](attributes as Attributes[K], context);
}

/** A name may be bound to 0 where an op needs an element; shape rules could not see it. */
function checkEmpty(
  { op, attributes, metadata }: Instruction,
  operands: readonly BoundType[],
  results: readonly BoundType[],
): void {
  const shape = (op === 'scatter_add' ? results : operands)[0]?.shape;
  const axes =
    op === 'reduce_max'
      ? attributes.axes
      : op === 'gather' || op === 'scatter_add' || op === 'argmax'
        ? [attributes.axis]
        : [];
  if (shape === undefined || !axes.some((axis) => shape[axis] === 0)) return;
  throw new RheoError('shape', {
    from: '@rheo/ir',
    op,
    layer: metadata?.layer,
    what: 'needs at least one element along its axis',
    shapes: operands.map(formatType),
  });
}
