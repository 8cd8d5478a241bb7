/**
 * Drops instructions that no result needs and numbers the rest densely. Nested Programs stay as they are.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';

/** The Program without dead instructions; parameters stay. */
export function deadCode(program: Program): Program {
  const used = new Set<ValueId>(program.results);
  const kept: Instruction[] = [];
  for (const instruction of program.instructions.toReversed()) {
    if (!instruction.types.some((_, index) => used.has(instruction.id + index))) continue;
    kept.push(instruction);
    for (const operand of instruction.operands) used.add(operand);
  }
  if (kept.length === program.instructions.length) return program;
  kept.reverse();
  const ids = new Map<ValueId, ValueId>(program.params.map((_, index) => [index, index]));
  const at = (id: ValueId): ValueId => ids.get(id) as ValueId;
  let next = program.params.length;
  const instructions = kept.map((instruction): Instruction => {
    const moved = { ...instruction, id: next, operands: instruction.operands.map(at) };
    instruction.types.forEach((_, index) => {
      ids.set(instruction.id + index, next++);
    });
    return moved;
  });
  return { params: program.params, instructions, results: program.results.map(at) };
}
