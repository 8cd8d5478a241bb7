/**
 * Gives values their places ahead of the kernels that make them, where somebody wants them: constants, parts of what is put
 * together, outputs that are only rearranged.
 */

import type { DType, Instruction, ValueId } from '@rheo/ir';
import type { Block, Lowering } from './block.ts';
import { originOf } from './block.ts';
import { isElementwise } from './fusion.ts';
import type { View } from './views.ts';
import { denseView, moveView, range } from './views.ts';

/** Constants of more than one value lie in memory from the start. */
export function placeConstants(lowering: Lowering, block: Block): void {
  for (const instruction of block.program.instructions) {
    if (instruction.op !== 'constant') continue;
    const { dtype, shape, value } = instruction.attributes;
    const [first] = value;
    if (value.every((element) => Object.is(element, first))) continue;
    const buffer = lowering.buffer('constant', dtype, value.length, {
      data: value,
      origin: originOf(instruction, 'constant'),
    });
    block.views.set(instruction.id, denseView(buffer, shape, 0));
  }
}

/** Where a rearranged value is wanted, its operand is written already rearranged: outputs of tiles go straight home. */
export function placeMoved(block: Block): void {
  const { program, fusion } = block;
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i] as Instruction;
    if (instruction.op !== 'transpose' && instruction.op !== 'reshape') continue;
    const [operand = 0] = instruction.operands;
    const wanted = block.requests.get(instruction.id);
    const [request] = wanted ?? [];
    if (wanted?.length !== 1 || request === undefined || request.carry !== undefined) continue;
    if (fusion.users(operand).length !== 1 || program.results.includes(operand) || !madeByLoop(block, operand))
      continue;
    const view = unmoved(request.view, instruction, (block.types[operand] as { shape: readonly number[] }).shape);
    if (view !== undefined) block.requests.set(operand, [{ view }]);
  }
}

/** True for a result of a scan, or of movements of one that are placed in turn. */
function madeByLoop(block: Block, id: ValueId): boolean {
  const definition = block.fusion.definition(id);
  if (definition?.op === 'transpose' || definition?.op === 'reshape') {
    return madeByLoop(block, definition.operands[0] as ValueId);
  }
  return definition?.op === 'scan' && id >= definition.id + definition.attributes.carries;
}

/** The place of an operand, from that of its rearranged value. */
function unmoved(
  view: View,
  instruction: Instruction & { op: 'transpose' | 'reshape' },
  shape: readonly number[],
): View | undefined {
  if (instruction.op === 'reshape') return moveView(view, { ...instruction, attributes: { shape } });
  const { permutation } = instruction.attributes;
  const strides = new Array<number>(shape.length).fill(0);
  permutation.forEach((axis, i) => {
    strides[axis] = view.strides[i] as number;
  });
  return { ...view, shape, strides };
}

/** Gives concatenations and pads their memory first, so that their parts are written in place. */
export function placeConcats(lowering: Lowering, block: Block): void {
  const { program } = block;
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i] as Instruction;
    if (instruction.op !== 'concat' && instruction.op !== 'pad') continue;
    const wanted = block.requests.get(instruction.id)?.find((request) => request.carry === undefined);
    const { dtype, shape } = instruction.types[0] as { dtype: DType; shape: readonly number[] };
    const view = wanted?.view ?? shiftedView(lowering, block, instruction) ?? lowering.temporary(dtype, shape);
    if (wanted !== undefined) block.served.add(wanted);
    block.views.set(instruction.id, view);
    for (const { operand, part } of partsOf(block, instruction, view)) {
      if (!partInPlace(block, instruction, operand)) continue;
      block.requests.set(operand, [{ view: part }]);
    }
  }
}

/**
 * What a loop carries before its steps is what it carries after them, moved by one step, with where it began. Both then lie
 * in one piece of memory that is a step longer. The place of the concatenation; undefined if it is something else.
 */
function shiftedView(lowering: Lowering, block: Block, { op, operands, types }: Instruction): View | undefined {
  const { dtype, shape } = types[0] as { dtype: DType; shape: readonly number[] };
  const [length = 0, ...rest] = shape;
  if (op !== 'concat' || operands.length !== 2) return undefined;
  for (const later of [0, 1]) {
    const slice = block.fusion.definition(operands[later] as ValueId);
    const [stack = 0] = slice?.operands ?? [];
    const loop = block.fusion.definition(stack);
    if (slice?.op !== 'slice' || loop?.op !== 'scan' || stack < loop.id + loop.attributes.carries) continue;
    // All but the last step after where it began, or all but the first before it; then the axes are those of the steps.
    const { start, limit } = slice.attributes;
    const steps = block.types[stack]?.shape;
    if (String(steps) !== String(shape) || limit - start !== length - 1 || start !== 1 - later) continue;
    if (slice.attributes.axis !== 0 || block.requests.has(stack)) continue;
    const whole = lowering.temporary(dtype, [length + 1, ...rest]);
    block.requests.set(stack, [{ view: range(whole, 0, later, length) }]);
    return range(whole, 0, 1 - later, length);
  }
  return undefined;
}

/** True if the kernel of an operand can write it straight into its concatenation. */
export function partInPlace(block: Block, concat: Instruction, operand: ValueId): boolean {
  const { fusion, program } = block;
  const definition = fusion.definition(operand);
  if (definition === undefined || fusion.home(operand) !== 'unit') return false;
  if (!(isElementwise(definition) || definition.op === 'dot' || definition.op === 'reduce_sum')) return false;
  const once = concat.operands.filter((id) => id === operand).length === 1;
  return once && fusion.users(operand).length === 1 && !program.results.includes(operand);
}

export function partsOf(block: Block, instruction: Instruction, view: View): { operand: ValueId; part: View }[] {
  if (instruction.op !== 'concat' && instruction.op !== 'pad') return [];
  const { axis } = instruction.attributes;
  let start = instruction.op === 'pad' ? instruction.attributes.low : 0;
  return instruction.operands.map((operand) => {
    const size = (block.types[operand] as { shape: readonly number[] }).shape[axis] as number;
    const part = range(view, axis, start, size);
    start += size;
    return { operand, part };
  });
}
