/**
 * What `bisect` finds: one value on which two backends do not agree, where it is, and a small Program that shows it.
 */

import type { Op, TensorType } from '@rheo/ir';
import { formatType, print } from '@rheo/ir';
import type { Example } from '../example.ts';

/**
 * When the backends differ: on the instruction `alone` with the operands that backend `a` had; only `in place`, where
 * operands that agree within their bounds are amplified, or instructions are compiled together; or only `as a whole`:
 * intermediate values agree when the Program also returns them, so a rewriting or a fusion is at fault.
 */
export type Shows = 'alone' | 'in place' | 'as a whole';

/** The first value that differs. */
export interface Difference {
  /** `instruction %12 scan › step 3 › %7 tanh (layer model/0/cfc)`. */
  readonly path: string;
  /** Op of the value; `parameter` for what a loop hands to its body wrongly. */
  readonly op: Op | 'parameter';
  /** Path of the layer that traced it. */
  readonly layer?: string;
  /** Name of the value for people. */
  readonly name?: string;
  /** Type of the value; within a scan, of one step. */
  readonly type: TensorType;
  /** Row-major index of the element that differs most in units of its bound. */
  readonly element: number;
  /** What the two backends have there. */
  readonly a: number;
  readonly b: number;
  /** How far apart they may be. */
  readonly bound: number;
  readonly shows: Shows;
  /** The instruction alone with the operands that backend `a` had; the whole Program where it shows `as a whole`. */
  readonly example: Example;
}

/** A difference for people: where, the two numbers and their bound, and the Program that shows it. */
export function describeDifference(difference: Difference, a: string = 'a', b: string = 'b'): string {
  const { path, name, type, element, bound, shows, example } = difference;
  return [
    `${path}${name === undefined ? '' : ` "${name}"`}: ${formatType(type)}, element ${element}`,
    `  ${a}: ${difference.a}`,
    `  ${b}: ${difference.b}`,
    `  may differ by ${bound.toExponential(2)}; shows ${shows}`,
    print(example.program),
  ].join('\n');
}
