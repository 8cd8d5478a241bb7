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
  return program.results.map((id) => typeOf(program, id));
}

/** Type of one value. Instructions lie in the order of their ids, so it is found without a list of all. */
function typeOf({ params, instructions }: Program, id: ValueId): TensorType {
  let type = params[id]?.type;
  for (let low = 0, high = instructions.length; type === undefined && low < high; ) {
    const middle = (low + high) >> 1;
    const { id: first, types } = instructions[middle] as Instruction;
    if (id < first) high = middle;
    else if (id >= first + types.length) low = middle + 1;
    else type = types[id - first];
  }
  if (type === undefined) throw new Error(`value %${id} does not exist`);
  return type;
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

/** Names of dimensions that a Program speaks of, nested Programs included, each once. */
export function dimensionNames(program: Program): string[] {
  const names = new Set<string>();
  collectNames(program, names);
  return [...names];
}

function collectNames(program: Program, names: Set<string>): void {
  for (const { shape } of valueTypes(program)) {
    for (const dim of shape) if (typeof dim === 'string') names.add(dim);
  }
  for (const instruction of program.instructions) {
    if (instruction.op === 'dimension') names.add(instruction.attributes.name);
    if (instruction.op === 'scan' && typeof instruction.attributes.length === 'string') {
      names.add(instruction.attributes.length);
    }
    for (const nested of nestedPrograms(instruction)) collectNames(nested, names);
  }
}
