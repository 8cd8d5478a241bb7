/**
 * Numbers as text in a file without headers.
 */

import { floatLiteral } from '@rheo/compiler';
import type { Stored } from './operations.ts';

/** A float that every compiler reads as the float32 meant. */
export function floatText(value: number): string {
  const text = floatLiteral(value).replace('INFINITY', '__builtin_inff()').replace('NAN', '__builtin_nanf("")');
  return text.startsWith('-') ? `(${text})` : text;
}

/** A number of a type as a scalar expression; true is all bits. */
export function scalarText(dtype: Stored, value: number): string {
  switch (dtype) {
    case 'f32':
      return floatText(value);
    case 'i32':
      return value === -(2 ** 31) ? '(-2147483647 - 1)' : value < 0 ? `(${value})` : String(value);
    case 'u32':
      return `${value >>> 0}u`;
    case 'bool':
      return value === 0 ? '0' : '(-1)';
  }
}
