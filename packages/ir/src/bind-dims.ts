/**
 * Numbers behind named dimensions, from the types of what is passed: how a backend that leaves names free checks its inputs.
 */

import { RheoError } from './errors.ts';
import type { Param } from './ops.ts';
import type { TensorType } from './types.ts';
import { formatType } from './types.ts';

/** Numbers for names. */
export type Dims = Readonly<Record<string, number>>;

/** A table of numbers without a prototype: a dimension may be named like one of its methods. */
export function copyDims(dims: Dims): Record<string, number> {
  return Object.assign(Object.create(null), dims);
}

/**
 * Adds to `dims` what follows from a type passed for a declared one. `where` names the input, `from` the package.
 * Throws `dtype` or `shape` where they differ.
 */
export function matchType(
  found: TensorType,
  { type }: Param,
  where: string,
  dims: Record<string, number>,
  from: string = '@rheo/ir',
): void {
  const fits =
    found.shape.length === type.shape.length &&
    found.shape.every((size, axis) => {
      const dim = type.shape[axis] as number | string;
      if (typeof dim === 'number') return size === dim;
      dims[dim] ??= size as number;
      return size === dims[dim];
    });
  if (fits && found.dtype === type.dtype) return;
  const bound = Object.entries(dims).map(([name, size]) => `${name} = ${size}`);
  throw new RheoError(found.dtype === type.dtype ? 'shape' : 'dtype', {
    from,
    what: `${formatType(found)} where ${formatType(type)} is needed${bound.length > 0 ? `, with ${bound.join(', ')}` : ''}`,
    where,
  });
}

/** The type with numbers for the names that are known. */
export function substituteDims({ dtype, shape }: TensorType, dims: Dims): TensorType {
  return { dtype, shape: shape.map((dim) => (typeof dim === 'string' ? (dims[dim] ?? dim) : dim)) };
}
