/**
 * Programs that return their intermediate values, a sane number at a time.
 */

import type { Instruction, Program, TensorType, ValueId } from '@rheo/ir';
import { elementCount, valueTypes } from '@rheo/ir';

/** Results of one run: engines bind each to a buffer, and a page must hold them all. */
const mostValues = 48;
const mostElements = 2 ** 23;

/** Values in the order of their numbers, in groups that one run can return; `times` is how often each is kept. */
export function groupsOf(program: Program, ids: readonly ValueId[], times: number = 1): ValueId[][] {
  const types = valueTypes(program);
  const groups: ValueId[][] = [];
  let group: ValueId[] = [];
  let elements = 0;
  for (const id of ids) {
    const count = elementCount((types[id] as TensorType).shape) * times;
    if (group.length === mostValues || (group.length > 0 && elements + count > mostElements)) {
      groups.push(group);
      group = [];
      elements = 0;
    }
    group.push(id);
    elements += count;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** Values of instructions that results depend on, in order. */
export function liveValues({ params, instructions, results }: Program): ValueId[] {
  const live = new Set<ValueId>(results);
  for (const { id, types, operands } of instructions.toReversed()) {
    if (types.some((_, index) => live.has(id + index))) for (const operand of operands) live.add(operand);
  }
  return [...live].filter((id) => id >= params.length).sort((left, right) => left - right);
}

/** The instruction that defines a value; undefined for a parameter. */
export function definer({ instructions }: Program, value: ValueId): Instruction | undefined {
  return instructions.find(({ id, types }) => id <= value && value < id + types.length);
}
