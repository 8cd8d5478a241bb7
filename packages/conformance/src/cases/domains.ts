/**
 * Which numbers an op is tried on: where it is defined, and away from its jumps by a margin.
 */

import type { DType, Op, TensorData } from '@rheo/ir';
import { elementCount, isFloat } from '@rheo/ir';
import type { Random } from '../random-source.ts';
import { fillWith } from '../random-source.ts';
import type { Tolerance } from '../tolerance.ts';
import { boundedTolerance, functionTolerance, roundedTolerance } from '../tolerance.ts';

/** How to draw an element. */
export type Draw = (random: Random) => number;

/** Any float of −3 … 3. */
export const anyFloat: Draw = (random) => 6 * random.uniform() - 3;

/** A float of 0.05 … 4. */
export const positive: Draw = (random) => 0.05 + 3.95 * random.uniform();

/** An integer of −6 … 6. */
export const smallInteger: Draw = (random) => random.below(13) - 6;

/** A float at least 0.1 from every integer. */
export const betweenIntegers: Draw = (random) => random.below(13) - 6 + 0.1 + 0.8 * random.uniform();

/** How the operands of an elementwise op are drawn for a dtype; the same way for all, unless a list is given. */
export function drawFor(op: Op, dtype: DType, operand: number): Draw {
  if (dtype === 'bool') return (random) => random.below(2);
  if (dtype === 'u32') return (random) => (random.below(3) === 0 ? random.below(2 ** 32) : random.below(7));
  if (dtype === 'i32') return op === 'mul' ? (random) => random.below(8001) - 4000 : intDraw;
  switch (op) {
    case 'log':
    case 'sqrt':
      return (random) => positive(random) * 10 ** (random.below(7) - 3);
    case 'log1p':
      return (random) => (random.below(2) === 0 ? positive(random) : -0.9 * random.uniform());
    case 'div':
      return operand === 0 ? anyFloat : (random) => (random.below(2) === 0 ? 1 : -1) * positive(random);
    case 'floor':
      return betweenIntegers;
    case 'convert':
      return (random) => betweenIntegers(random) * 10 ** random.below(4);
    case 'eq':
    case 'lt':
    case 'le':
    case 'sign':
    case 'max':
    case 'min':
      return (random) => smallInteger(random) / 2;
    case 'exp':
    case 'expm1':
    case 'logistic':
    case 'tanh':
    case 'erf':
      return (random) => anyFloat(random) * 10 ** (random.below(4) - 2);
    case 'sin':
    case 'cos':
      return (random) => anyFloat(random) * 10 ** random.below(4);
    default:
      return anyFloat;
  }
}

/** How exact an op is held to be. */
export function toleranceFor(op: Op): Tolerance {
  switch (op) {
    case 'exp':
    case 'expm1':
    case 'log':
    case 'log1p':
    case 'tanh':
    case 'logistic':
    case 'erf':
      return functionTolerance;
    case 'sin':
    case 'cos':
      return boundedTolerance;
    default:
      return roundedTolerance;
  }
}

/** Host data of a type. */
export function dataFor(random: Random, dtype: DType, shape: readonly number[], draw: Draw): TensorData {
  return fillWith(dtype, elementCount(shape), () => draw(random));
}

/** Any host data of a dtype: floats of −3 … 3, small integers, bits. */
export function anyData(random: Random, dtype: DType, shape: readonly number[]): TensorData {
  return dataFor(random, dtype, shape, isFloat(dtype) ? anyFloat : drawFor('add', dtype, 0));
}

/** `scalar`, `3x5`, `0x2`. */
export function shapeName(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

/** Ranks 0 to 5, odd sizes, multiples of 4, ones, and nothing. */
export const shapes: readonly (readonly number[])[] = [
  [],
  [1],
  [3],
  [4],
  [5],
  [7],
  [8],
  [17],
  [0],
  [3, 5],
  [4, 8],
  [1, 7],
  [7, 1],
  [0, 3],
  [3, 0],
  [2, 3, 4],
  [2, 1, 3, 2],
  [2, 1, 2, 3, 5],
];

/** Fewer shapes, for dtypes beside f32. */
export const fewShapes: readonly (readonly number[])[] = [[], [7], [0], [3, 5], [2, 3, 4]];

function intDraw(random: Random): number {
  return random.below(4) === 0 ? random.below(2 ** 20) - 2 ** 19 : smallInteger(random);
}
