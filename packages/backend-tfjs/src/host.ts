/**
 * What the host computes itself, by the reference interpreter: everything that gives or takes integers, and what has
 * no elements. Floats come out rounded to f32.
 */

import type { Instruction, Program, TensorData } from '@rheo/ir';
import { allocate, evaluate } from '@rheo/ir';
import type { BoundType } from './value.ts';
import { Value } from './value.ts';

/** An instruction as a Program of its own. */
export function alone(instruction: Instruction, operands: readonly BoundType[]): Program {
  const id = operands.length;
  return {
    params: operands.map((type) => ({ type })),
    instructions: [{ ...instruction, id, operands: operands.map((_, index) => index) }],
    results: [id],
  };
}

/** The only result of such a Program. */
export function onHost(program: Program, operands: readonly TensorData[], type: BoundType): Value {
  const [data] = evaluate(program, operands, { precision: 'single' });
  if (data === undefined) throw new Error('an instruction gave nothing');
  return new Value(type, type.dtype === 'f32' ? Float32Array.from(data) : data);
}

/** A value of zeros: also what every op makes of operands without elements, if it gives any. */
export function zeros(type: BoundType, count: number): Value {
  return new Value(type, allocate(type.dtype, count));
}
