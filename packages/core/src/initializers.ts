/**
 * Initial values of parameters, on the host: deterministic in the key, computed in double, rounded once to f32.
 */

import { RheoError } from '@rheo/ir';
import { normalDoubles, uniformDoubles } from './random.ts';

/** Uniform values of [low, high). */
export function uniform(key: Uint32Array, shape: readonly number[], low: number, high: number): Float32Array {
  return Float32Array.from(uniformDoubles(key, countOf(shape)), (u) => low + (high - low) * u);
}

/** Normal values. */
export function normal(
  key: Uint32Array,
  shape: readonly number[],
  mean: number = 0,
  deviation: number = 1,
): Float32Array {
  return Float32Array.from(normalDoubles(key, countOf(shape)), (z) => mean + deviation * z);
}

/** U(±√(6 / (in + out))) for a kernel [in, out] (Glorot and Bengio 2010); axes before these multiply both. */
export function glorotUniform(key: Uint32Array, shape: readonly number[]): Float32Array {
  const field = countOf(shape.slice(0, -2));
  const bound = Math.sqrt(6 / (field * ((shape.at(-2) ?? 1) + (shape.at(-1) ?? 1))));
  return uniform(key, shape, -bound, bound);
}

/** U(±1/√fanIn), the default of linear layers for kernel and bias; fanIn is the size of the first axis unless given. */
export function fanInUniform(key: Uint32Array, shape: readonly number[], fanIn: number = shape[0] ?? 1): Float32Array {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  return uniform(key, shape, -bound, bound);
}

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe and others 2013): the Q of
 * a QR decomposition of normals with a positive diagonal of R, hence uniform over such matrices.
 */
export function orthogonal(key: Uint32Array, shape: readonly number[], gain: number = 1): Float32Array {
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw new RheoError('shape', {
      from: '@rheo/core',
      what: 'orthogonal makes matrices',
      shapes: [`[${shape.join(',')}]`],
    });
  }
  const long = Math.max(rows, columns);
  const short = Math.min(rows, columns);
  const draws = normalDoubles(key, long * short);
  const basis: Float64Array[] = [];
  for (let index = 0; index < short; index++) {
    const vector = draws.slice(index * long, (index + 1) * long);
    // Twice is enough: the second sweep removes what rounding left of the earlier vectors.
    for (const other of [...basis, ...basis]) addScaled(vector, other, -inner(vector, other));
    const length = Math.sqrt(inner(vector, vector));
    basis.push(vector.map((value) => value / length));
  }
  return Float32Array.from({ length: rows * columns }, (_, position) => {
    const row = Math.floor(position / columns);
    const column = position % columns;
    const vector = basis[rows >= columns ? column : row] as Float64Array;
    return gain * (vector[rows >= columns ? row : column] as number);
  });
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + factor * (from[i] as number);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
