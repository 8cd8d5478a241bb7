/**
 * Weights in the order in which a product reads them: the terms of one sum next to each other.
 *
 * A sum on a small processor walks through read-only memory, which answers fastest in order. So a constant right operand
 * whose contracted axis is not its last one is stored transposed, if that product is all that reads it.
 */

import type { Instruction, InstructionOf, Program, ValueId } from '@rheo/ir';

/** The Program with its weights in that order; names and values are the same. */
export function contiguousWeights(program: Program): Program {
  const constants = new Map<ValueId, InstructionOf<'constant'>>();
  const uses = new Map<ValueId, number>();
  for (const instruction of program.instructions) {
    if (instruction.op === 'constant') constants.set(instruction.id, instruction);
    for (const operand of instruction.operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  }
  for (const id of program.results) uses.set(id, (uses.get(id) ?? 0) + 1);
  const turned = new Map<ValueId, Instruction>();
  const instructions = program.instructions.map((instruction): Instruction => {
    if (instruction.op !== 'dot') return instruction;
    const right = constants.get(instruction.operands[1] ?? -1);
    const { contract, batch } = instruction.attributes;
    const columnsLast = contract[1].length === 1 && contract[1][0] === 0 && batch[1].length === 0;
    if (right === undefined || right.attributes.shape.length !== 2 || !columnsLast || uses.get(right.id) !== 1) {
      return instruction;
    }
    turned.set(right.id, transposed(right));
    return { ...instruction, attributes: { contract: [contract[0], [1]], batch } };
  });
  return { ...program, instructions: instructions.map((instruction) => turned.get(instruction.id) ?? instruction) };
}

function transposed(constant: InstructionOf<'constant'>): Instruction {
  const { dtype, shape, value } = constant.attributes;
  const [rows = 0, columns = 0] = shape;
  const moved = Array.from({ length: value.length }, (_, i) => value[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
  const type = { dtype, shape: [columns, rows] };
  return { ...constant, attributes: { dtype, shape: [columns, rows], value: moved }, types: [type] };
}
