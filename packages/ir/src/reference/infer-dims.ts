/**
 * Finds the numbers behind named dimensions from what a caller passes: lengths of flat arrays, or types.
 */

import type { Dims } from '../bind-dims.ts';
import { copyDims } from '../bind-dims.ts';
import { RheoError } from '../errors.ts';
import type { Param } from '../ops.ts';
import { formatType } from '../types.ts';

/**
 * Adds to the given numbers those that follow from the lengths of flat inputs; what does not follow stays open.
 * Throws `argument` for a given number that is no size, `shape` for a length that does not fit.
 */
export function inferDims(params: readonly Param[], lengths: readonly number[], given: Dims): Dims {
  const dims = checkedDims(given);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [index, { type }] of params.entries()) {
      let known = 1;
      const unknown: string[] = [];
      for (const dim of type.shape) {
        const size = typeof dim === 'number' ? dim : dims[dim];
        if (size === undefined) unknown.push(dim as string);
        else known *= size;
      }
      const [name] = unknown;
      if (name === undefined || known === 0 || unknown.some((other) => other !== name)) continue;
      const size = Math.round(((lengths[index] as number) / known) ** (1 / unknown.length));
      if (size ** unknown.length * known !== lengths[index]) throw wrongLength(params, index, lengths[index] as number);
      dims[name] = size;
      changed = true;
    }
  }
  return dims;
}

/** A copy of numbers for dimensions. Throws `argument` for one that is no size. */
export function checkedDims(given: Dims): Record<string, number> {
  const dims = copyDims(given);
  for (const [name, size] of Object.entries(dims)) {
    if (Number.isSafeInteger(size) && size >= 0) continue;
    throw new RheoError('argument', { from: '@rheo/ir', what: `${size} is not a size`, where: `dims.${name}` });
  }
  return dims;
}

/** How errors speak of an input. */
export function nameOf(params: readonly Param[], index: number): string {
  const name = params[index]?.name;
  return name === undefined ? `input ${index}` : `input ${index} "${name}"`;
}

/** The error for a flat array of a length that does not fit. */
export function wrongLength(params: readonly Param[], index: number, length: number): RheoError {
  return new RheoError('shape', {
    from: '@rheo/ir',
    what: `${length} elements do not fill ${formatType((params[index] as Param).type)}`,
    where: nameOf(params, index),
  });
}
