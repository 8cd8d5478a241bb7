/**
 * Questions about Programs that every pass asks: types of values and results, nested Programs.
 */

import type { Instruction, Program, ValueId } from './ops.ts';
import type { TensorType } from './types.ts';

/** Types of all values of a Program, indexed by value id. */
export function valueTypes(program: Program): TensorType[] {
  const types = program.params.map((param) => param.type);
  for (const instruction of program.instructions) types.push(...instruction.types);
  return types;
}

/** Types of the results of a Program. */
export function resultTypes(program: Program): TensorType[] {
  const types = valueTypes(program);
  return program.results.map((id) => typeAt(types, id));
}

/** Number of values that a Program defines, parameters included. */
export function valueCount(program: Program): number {
  const last = program.instructions.at(-1);
  return last === undefined ? program.params.length : last.id + last.types.length;
}

/** Nested Programs of an instruction, in a fixed order. */
export function nestedPrograms(instruction: Instruction): readonly Program[] {
  switch (instruction.op) {
    case 'scan':
      return [instruction.attributes.body];
    case 'while':
      return [instruction.attributes.cond, instruction.attributes.body];
    case 'call': {
      const { body, gradient } = instruction.attributes;
      return typeof gradient === 'string' ? [body] : [body, gradient.forward, gradient.backward];
    }
    default:
      return [];
  }
}

function typeAt(types: readonly TensorType[], id: ValueId): TensorType {
  const type = types[id];
  if (type === undefined) throw new Error(`value %${id} does not exist`);
  return type;
}
