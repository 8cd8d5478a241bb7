/**
 * Lowers scan and while: bodies become steps inside a loop; slices are views that move with the iteration number.
 *
 * Every carry has one place for the whole loop. The body writes the next value there directly when nobody reads the
 * old one any more, else it is copied at the end of the iteration.
 */

import type { DType, Instruction, Program, ValueId } from '@rheo/ir';
import type { Block, Lowering, Request } from './block.ts';
import { copyValue, emit, inMemory, originOf } from './block.ts';
import type { Step } from './kernels.ts';
import { viewOf } from './nodes.ts';
import type { View } from './views.ts';
import { accessAt, identityMap, isDense } from './views.ts';

/** Lowers a nested block; passed in, as blocks and loops contain each other. */
export type LowerBlock = (
  lowering: Lowering,
  program: Program,
  params: readonly View[],
  requests: readonly (Request | undefined)[],
) => Block;

/** consts, carries, xs → carries, ys. */
export function lowerScan(
  lowering: Lowering,
  block: Block,
  instruction: Instruction & { op: 'scan' },
  lowerBlock: LowerBlock,
): void {
  const { body, reverse, consts, carries } = instruction.attributes;
  const length = instruction.attributes.length as number;
  const { operands, id } = instruction;
  const depth = lowering.depth + 1;
  const constants = operands.slice(0, consts).map((operand) => inMemory(lowering, block, operand));
  const xs = operands.slice(consts + carries).map((operand) => inMemory(lowering, block, operand));
  const state = placeCarries(lowering, block, instruction, consts, carries);
  const outputs = instruction.types.slice(carries).map((type, index) => {
    const value = id + carries + index;
    const request = block.requests.get(value)?.find(({ carry }) => carry === undefined);
    if (request !== undefined) block.served.add(request);
    return request?.view ?? lowering.temporary(type.dtype, type.shape as readonly number[]);
  });
  const loop = lowering.newLoop();
  const slice = (view: View): View => ({
    ...view,
    shape: view.shape.slice(1),
    strides: view.strides.slice(1),
    loops: [...view.loops, { loop, stride: view.strides[0] as number }],
    depth,
  });
  const carried = state.map((view) => ({ ...view, depth }));
  const steps = lowering.within(() => {
    const requests: Request[] = [
      ...carried.map((view, index) => ({ view, carry: consts + index })),
      ...outputs.map((view) => ({ view: slice(view) })),
    ];
    lowerBlock(lowering, body, [...constants, ...carried, ...xs.map(slice)], requests);
  });
  if (length > 0 && steps.length > 0) {
    const parallel = carries === 0 && lowering.depth === 0;
    emit(lowering, {
      kind: 'loop',
      origin: originOf(instruction, 'scan'),
      loop,
      length,
      reverse,
      parallel,
      body: steps,
    });
  }
  [...state, ...outputs].forEach((view, index) => {
    block.views.set(id + index, view);
  });
}

/** consts, carries → carries. */
export function lowerWhile(
  lowering: Lowering,
  block: Block,
  instruction: Instruction & { op: 'while' },
  lowerBlock: LowerBlock,
): void {
  const { cond, body, consts } = instruction.attributes;
  const constants = instruction.operands.slice(0, consts).map((operand) => inMemory(lowering, block, operand));
  const carries = instruction.operands.length - consts;
  const state = placeCarries(lowering, block, instruction, consts, carries);
  const depth = lowering.depth + 1;
  const carried = state.map((view) => ({ ...view, depth }));
  const flag = lowering.temporary('bool', []);
  const test = lowering.within(() => {
    lowerBlock(lowering, cond, [...constants, ...carried], [{ view: { ...flag, depth } }]);
  });
  const steps = lowering.within(() => {
    lowerBlock(
      lowering,
      body,
      [...constants, ...carried],
      carried.map((view, index) => ({ view, carry: consts + index })),
    );
  });
  const step: Step = {
    kind: 'while',
    origin: originOf(instruction, 'while'),
    test,
    flag: accessAt(flag, identityMap(0), 0),
    body: steps,
  };
  emit(lowering, step);
  state.forEach((view, index) => {
    block.views.set(instruction.id + index, view);
  });
}

/** Gives each carry its place, where the final value is wanted if possible, and writes the initial value there. */
function placeCarries(
  lowering: Lowering,
  block: Block,
  instruction: Instruction,
  consts: number,
  carries: number,
): View[] {
  const sources = new Set(instruction.operands.map((operand) => viewOf(block, operand)?.buffer));
  const state = instruction.types.slice(0, carries).map((type, index) => {
    const request = block.requests
      .get(instruction.id + index)
      ?.find(({ carry, view }) => carry === undefined && isDense(view) && !sources.has(view.buffer));
    if (request !== undefined) block.served.add(request);
    return request?.view ?? lowering.temporary(type.dtype as DType, type.shape as readonly number[]);
  });
  state.forEach((view, index) => {
    const initial = instruction.operands[consts + index] as ValueId;
    emit(lowering, copyValue(block, initial, [view], originOf(instruction, 'carry')));
  });
  return state;
}
