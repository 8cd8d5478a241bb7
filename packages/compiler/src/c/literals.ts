/**
 * Numbers as C text: the shortest decimal that every compiler rounds to the float32 meant, and integers of fixed width.
 */

import type { DType } from '@rheo/ir';

/** Text of one number of a dtype; f32 is rounded to float32 here. */
export function literal(dtype: DType, value: number): string {
  switch (dtype) {
    case 'f32':
      return floatLiteral(value);
    case 'f64':
      throw new Error('the C printer takes element types of four bytes');
    case 'i32':
      return value === -(2 ** 31) ? '(-INT32_C(2147483647) - 1)' : wide(value, 'INT32_C');
    case 'u32':
      return wide(value, 'UINT32_C');
    case 'bool':
      return value === 0 ? '0' : '1';
  }
}

/** Text of a float: `0.1f`, `1e-7f`, `INFINITY`. */
export function floatLiteral(given: number): string {
  const value = Math.fround(given);
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '-INFINITY';
  if (value === 0) return Object.is(value, -0) ? '-0.0f' : '0.0f';
  let text = value.toPrecision(9);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = value.toPrecision(digits);
    if (!roundsTo(Number(shorter), value)) continue;
    text = shorter;
    break;
  }
  const [mantissa = '', exponent] = text.split('e');
  const trimmed = mantissa.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '.0') : `${mantissa}.0`;
  return exponent === undefined ? `${trimmed}f` : `${trimmed.replace(/\.0$/, '')}e${Number(exponent)}f`;
}

/** True if a decimal is so clearly nearest to a float32 that rounding to a double first cannot matter. */
function roundsTo(decimal: number, value: number): boolean {
  const margin = 2 ** -40;
  return Math.fround(decimal * (1 - margin)) === value && Math.fround(decimal * (1 + margin)) === value;
}

/** Integers beyond 16 bits say their width: `int` may be that small. */
function wide(value: number, macro: string): string {
  if (macro === 'INT32_C' && Math.abs(value) <= 32767) return String(value);
  return value < 0 ? `-${macro}(${-value})` : `${macro}(${value})`;
}
