/**
 * The standard sequence for code that is loaded by pages: the passes over sums, which take most room and which most
 * predictions have no use for, are fetched when a Program has sums.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';
import { nestedPrograms } from '@rheo/ir';
import { alwaysPasses } from './always-passes.ts';
import type { PassSwitches, PassTable } from './optimise-with.ts';
import { optimiseWith } from './optimise-with.ts';
import type { OptionalPasses } from './optional-passes.ts';

/** Like `optimise`, with the same result. */
export async function optimiseLazily(
  program: Program,
  switches: PassSwitches = {},
  optional: OptionalPasses = {},
): Promise<Program> {
  if (!hasSums(program)) return optimiseWith(alwaysPasses, program, switches, optional);
  const [{ factor }, { sink }] = await Promise.all([import('./factor.ts'), import('./sink.ts')]);
  const table: PassTable = {
    ...alwaysPasses,
    factor: { name: 'factor', run: factor },
    sink: { name: 'sink', run: (given) => sink(given) },
  };
  return optimiseWith(table, program, switches, optional);
}

/** True if something is summed over an axis, or over the steps of a loop. */
function hasSums(program: Program): boolean {
  return program.instructions.some(
    (instruction) =>
      instruction.op === 'reduce_sum' || gathers(instruction) || nestedPrograms(instruction).some(hasSums),
  );
}

/** True if a loop may add to a carry: then its next value comes from an addition. */
function gathers({ op, attributes }: Instruction): boolean {
  if (op !== 'scan') return false;
  const { body, consts, carries } = attributes;
  const added = (id: ValueId): boolean =>
    body.instructions.some((found) => (found.op === 'add' || found.op === 'sub') && found.operands.includes(id));
  return Array.from({ length: carries }, (_, carry) => consts + carry).some(added);
}
