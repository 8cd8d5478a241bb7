/**
 * Moves what feeds only the ys of a scan out of it, as batched work over all steps: read-outs, output maps, losses.
 *
 * What it reads of the loop is stacked instead of what it gives. It saves no arithmetic; it pays where each
 * instruction in a loop is dear, and lets products see the rows of all steps.
 */

import type { Instruction, InstructionOf, Program, ValueId } from '@rheo/ir';
import { opKinds, type ProgramBuilder } from '@rheo/ir';
import type { Batched } from './batching.ts';
import { batchInstruction, materialise } from './batching.ts';
import { mayNotEnd } from './hoist.ts';
import { at, changeScans } from './rebuild.ts';
import { changeScan } from './rebuild-scan.ts';
import { Stacks } from './stacks.ts';

/** The Program with work that only ys need after the scans instead of in them. */
export function sinkOutputs(program: Program): Program {
  return changeScans(program, sinkScan);
}

function sinkScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
): ValueId[] | undefined {
  const { body, carries, length } = scan.attributes;
  const stays = neededByCarries(body, carries);
  const movable = (id: ValueId): Instruction | undefined => {
    const found = stacks.definition(id);
    return found === undefined || stays.has(id) || mayNotEnd(found) ? undefined : found;
  };
  const stacks = new Stacks(scan, operands);
  // Results that only move elements of what stays are not worth it.
  const works = new Set<ValueId>();
  for (const instruction of body.instructions) {
    const { id, op, operands: inputs, types } = instruction;
    const kind = opKinds[op];
    if (stays.has(id) || !(inputs.some((input) => works.has(input)) || (kind !== 'source' && kind !== 'movement'))) {
      continue;
    }
    types.forEach((_, i) => {
      works.add(id + i);
    });
  }
  const moved = new Set<number>();
  body.results.slice(carries).forEach((id, i) => {
    if (movable(id) !== undefined && works.has(id)) moved.add(i);
  });
  if (moved.size === 0) return undefined;

  // Everything that moves, and the values at the border that must be stacked for it.
  const outside = new Set<Instruction>();
  const border = new Set<ValueId>();
  const visit = (id: ValueId): void => {
    const found = movable(id);
    if (found === undefined) border.add(id);
    else if (!outside.has(found)) {
      outside.add(found);
      found.operands.forEach(visit);
    }
  };
  for (const i of moved) visit(at(body.results, carries + i));
  const plans = new Map([...border].map((id) => [id, stacks.plan(id)]));
  const changed = changeScan(builder, scan, operands, {
    dropped: new Set(),
    stacks: [...plans.values()].flatMap((plan) => plan.stacks),
    droppedYs: moved,
  });
  const world = { builder, stack: (id: ValueId): ValueId => changed.stacks.get(id) as ValueId };
  const values = new Map<ValueId, Batched>();
  for (const [id, plan] of plans) values.set(id, plan.emit(world));
  for (const instruction of body.instructions) {
    if (!outside.has(instruction)) continue;
    const inputs = instruction.operands.map((id) => values.get(id) as Batched);
    batchInstruction(builder, instruction, inputs, length).forEach((result, i) => {
      values.set(instruction.id + i, result);
    });
  }
  return changed.results.map((id, i) => id ?? materialise(builder, values.get(at(body.results, i)) as Batched, length));
}

function neededByCarries(body: Program, carries: number): Set<ValueId> {
  const needed = new Set<ValueId>(body.results.slice(0, carries));
  for (let i = body.instructions.length - 1; i >= 0; i--) {
    const { id, operands, types } = at(body.instructions, i);
    if (types.some((_, k) => needed.has(id + k))) for (const operand of operands) needed.add(operand);
  }
  return needed;
}
