/**
 * What differs between targets that speak C: names of types, functions and qualifiers. The printer itself knows only
 * loops, expressions and assignments.
 */

import type { DType } from '@rheo/ir';

/** Element types that have memory. */
export type Stored = Exclude<DType, 'f64'>;

/** Functions of one float that a target has in its library. */
export type LibraryFunction =
  | 'abs'
  | 'floor'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'sqrt'
  | 'tanh'
  | 'erf';

/** One target. */
export interface Dialect {
  readonly name: string;
  /** Type of a value in an expression or a local. */
  readonly value: { readonly [K in Stored]: string };
  /** Type of an element in memory. */
  readonly memory: { readonly [K in Stored]: string };
  /** Type of loop counters: holds every index of a Program. */
  readonly index: string;
  readonly functions: { readonly [K in LibraryFunction]: string };
  /** What stands before a table of numbers that never change. */
  readonly table: string;
  /** What stands before a function that only this file calls. */
  readonly local: string;
}

/** C99 with `<math.h>`, `<stdint.h>` and `<string.h>`: scalar, for any processor. */
export const c99: Dialect = {
  name: 'c99',
  value: { f32: 'float', i32: 'int32_t', u32: 'uint32_t', bool: 'int' },
  memory: { f32: 'float', i32: 'int32_t', u32: 'uint32_t', bool: 'uint8_t' },
  index: 'int32_t',
  functions: {
    abs: 'fabsf',
    floor: 'floorf',
    exp: 'expf',
    expm1: 'expm1f',
    log: 'logf',
    log1p: 'log1pf',
    sin: 'sinf',
    cos: 'cosf',
    sqrt: 'sqrtf',
    tanh: 'tanhf',
    erf: 'erff',
  },
  table: 'static const',
  local: 'static',
};

/** The smallest unsigned type that holds all numbers of a table of indices, to save read-only memory. */
export function indexType(dialect: Dialect, values: readonly number[]): string {
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  if (low < 0 || high > 65535) return dialect.memory.i32;
  return high > 255 ? 'uint16_t' : 'uint8_t';
}

/** Bytes of an element of a type in memory. */
export function bytesOf(type: string): number {
  return type === 'uint8_t' ? 1 : type === 'uint16_t' ? 2 : 4;
}
