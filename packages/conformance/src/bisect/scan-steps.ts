/**
 * A scan with the values of its body as ys, and the first step at which two backends differ on one of them.
 */

import type { InstructionOf, Program, TensorData, TensorType, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import type { Both, Gap, Pair } from './pair.ts';
import { rowOf } from './pair.ts';
import { groupsOf } from './probe.ts';

/** A value of a body that differs at a step. */
export interface AtStep {
  readonly step: number;
  readonly value: ValueId;
  readonly both: Both;
  readonly gap: Gap;
}

/** The first value that differs, by steps in the order of execution and then by the order of instructions. */
export async function firstStep(
  pair: Pair,
  scan: InstructionOf<'scan'>,
  types: readonly TensorType[],
  operands: readonly TensorData[],
  length: number,
  values: readonly ValueId[],
): Promise<AtStep | undefined> {
  const { body, reverse } = scan.attributes;
  let first: AtStep | undefined;
  let limit = length;
  for (const group of groupsOf(body, values, length)) {
    const stacks = await pair.run(scanOf(scan, types, group), operands);
    // Only an earlier step can beat what an earlier group has found.
    const found = earliest(pair, group, stacks, length, limit, reverse);
    if (found === undefined) continue;
    first = found;
    limit = reverse ? length - 1 - found.step : found.step;
  }
  return first;
}

function earliest(
  pair: Pair,
  group: readonly ValueId[],
  stacks: readonly Both[],
  length: number,
  limit: number,
  reverse: boolean,
): AtStep | undefined {
  for (let turn = 0; turn < limit; turn++) {
    const step = reverse ? length - 1 - turn : turn;
    for (const [index, stack] of stacks.entries()) {
      const both = rowOf(stack, step, length);
      const gap = pair.gap(both);
      if (gap !== undefined) return { step, value: group[index] as ValueId, both, gap };
    }
  }
  return undefined;
}

/** The scan as a Program of its own that returns values of its body, stacked over the steps. */
export function scanOf(
  { attributes, metadata }: InstructionOf<'scan'>,
  types: readonly TensorType[],
  values: readonly ValueId[],
): Program {
  const { body, carries } = attributes;
  const b = new ProgramBuilder();
  const operands = types.map((type) => b.param(type));
  const probed: Program = { ...body, results: [...body.results.slice(0, carries), ...values] };
  return b.build(b.emit('scan', operands, { ...attributes, body: probed }, metadata).slice(carries));
}

/** Types of a scan's operands for so many steps: consts, carries, xs. */
export function scanOperands(
  { body, consts, carries }: InstructionOf<'scan'>['attributes'],
  length: number,
): TensorType[] {
  return body.params.map(({ type }, index) =>
    index < consts + carries ? type : { dtype: type.dtype, shape: [length, ...type.shape] },
  );
}
