/**
 * A tensor of a checkpoint that has not been read yet: its shape is known and fits its bytes, its numbers are fetched
 * when they are wanted.
 */

import type { NdArray } from '@rheo/data';

/** A named tensor of a file. */
export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Element type as the file calls it. */
  readonly dtype: string;
  /** The numbers, row-major; 16-bit floats are widened. Throws a typed error. */
  read(): NdArray;
}

/** Number of elements of a shape. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape as errors show it. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
