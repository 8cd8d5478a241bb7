/**
 * Gives every reader its own copy of what costs nothing to make: numbers repeated over a shape.
 *
 * Equal fills are one value after the passes, whatever they fill: zeros of [64, 64] may start the states of 64 rows and be
 * compared with 64 × 64 weights. Shared, they would tie the rows to the weights' axes.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { again, rebuild, withNested } from '@rheo/passes';

/** The Program with a broadcast or fill for each use, in loops too. */
export function unshare(program: Program): Program {
  const free = new Map<ValueId, Instruction>();
  for (const instruction of program.instructions) if (isFill(instruction)) free.set(instruction.id, instruction);
  const map: ValueId[] = program.params.map((_, id) => id);
  return rebuild(program, new ProgramBuilder(), (builder, instruction, operands) => {
    const own = instruction.operands.map((id, index) => {
      const found = free.get(id);
      return found === undefined ? (operands[index] as ValueId) : filled(builder, found);
    });
    const ids = again(builder, instruction, own, withNested(instruction, unshare));
    ids.forEach((id, index) => {
      map[instruction.id + index] = id;
    });
    return ids;
  });

  function filled(builder: ProgramBuilder, found: Instruction): ValueId {
    const operands = found.operands.map((id) => {
      const source = free.get(id);
      return source === undefined ? (map[id] as ValueId) : filled(builder, source);
    });
    return again(builder, found, operands)[0] as ValueId;
  }
}

function isFill({ op, attributes }: Instruction): boolean {
  if (op === 'broadcast') return true;
  return (
    op === 'constant' && attributes.shape.length > 0 && attributes.value.every((value) => value === attributes.value[0])
  );
}
