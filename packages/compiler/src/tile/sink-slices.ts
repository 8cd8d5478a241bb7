/**
 * Computes what a loop reads step by step where it is read, if that is cheap: an array that is another one scaled or
 * shifted is neither written nor read back, a slice of the other is taken and scaled within the step. Gradients of means
 * come so: a loop back over a thousand steps reads the outputs themselves instead of an array of twice the outputs.
 */

import type { Instruction, InstructionOf, Op, Program, ValueId } from '@rheo/ir';
import { opKinds, ProgramBuilder } from '@rheo/ir';
import { again, withNested } from '@rheo/passes';

/** Ops that cost less than a number read from memory. */
const cheap: ReadonlySet<Op> = new Set<Op>(['add', 'sub', 'mul', 'neg']);

/** Kinds of ops that compute each element from the same element of what they read. */
const arithmetic: ReadonlySet<string> = new Set(['unary', 'binary', 'compare', 'select', 'convert']);

/** The Program with such arrays gone, in loops too; the same object if there are none. It must be static. */
export function sinkSlices(program: Program): Program {
  const users = new Map<ValueId, Instruction[]>();
  const definitions = new Map<ValueId, Instruction>();
  for (const instruction of program.instructions) {
    definitions.set(instruction.id, instruction);
    for (const id of new Set(instruction.operands)) users.set(id, [...(users.get(id) ?? []), instruction]);
  }
  const plans = new Map<Instruction, Slice[]>();
  for (const instruction of program.instructions) {
    const found = instruction.op === 'scan' ? slicesOf(instruction) : [];
    if (found.length > 0) plans.set(instruction, found);
  }
  const gone = new Set([...plans.values()].flatMap((slices) => slices.map(({ made }) => made)));
  const builder = new ProgramBuilder();
  const map: (ValueId | undefined)[] = program.params.map(({ type, name }) => builder.param(type, name));
  let changed = gone.size > 0;
  for (const instruction of program.instructions) {
    if (gone.has(instruction)) {
      map.push(undefined);
      continue;
    }
    const attributes = withNested(instruction, sinkSlices);
    changed ||= attributes !== instruction.attributes;
    const slices = plans.get(instruction);
    if (slices !== undefined) map.push(...emitSunk(builder, attributes as ScanAttributes, instruction, slices, map));
    else map.push(...again(builder, instruction, operandsOf(instruction), attributes));
  }
  return changed ? builder.build(program.results.map((id) => map[id] as ValueId)) : program;

  function operandsOf({ operands }: Instruction): ValueId[] {
    return operands.map((id) => map[id] as ValueId);
  }

  /** What the loop is given step by step, and only the loop, and only for arithmetic. */
  function slicesOf(scan: InstructionOf<'scan'>): Slice[] {
    const { body, consts, carries } = scan.attributes;
    return scan.operands.flatMap((id, index): Slice[] => {
      const made = index < consts + carries ? undefined : definitions.get(id);
      if (made === undefined || !cheap.has(made.op) || program.results.includes(id)) return [];
      if (users.get(id)?.length !== 1 || scan.operands.filter((other) => other === id).length > 1) return [];
      const readers = body.instructions.filter(({ operands }) => operands.includes(index));
      if (body.results.includes(index) || !readers.every(({ op }) => arithmetic.has(opKinds[op]))) return [];
      const spread = made.operands.map((operand) => spreadOver(operand));
      // One array is read in place of another: never more than before.
      if (spread.filter((operand) => operand === undefined).length !== 1) return [];
      return [{ index, made, spread }];
    });
  }

  /** The broadcast that repeats its operand for every step. */
  function spreadOver(id: ValueId): InstructionOf<'broadcast'> | undefined {
    const made = definitions.get(id);
    return made?.op === 'broadcast' && !made.attributes.axes.includes(0) ? made : undefined;
  }
}

type ScanAttributes = InstructionOf<'scan'>['attributes'];

interface Slice {
  /** Of the parameter of the body. */
  readonly index: number;
  readonly made: Instruction;
  /** By operand of `made`: what repeats it for every step; undefined for the array. */
  readonly spread: readonly (InstructionOf<'broadcast'> | undefined)[];
}

function emitSunk(
  builder: ProgramBuilder,
  attributes: ScanAttributes,
  scan: Instruction,
  slices: readonly Slice[],
  map: readonly (ValueId | undefined)[],
): ValueId[] {
  const { body, consts, carries } = attributes;
  const sliced = new Map(slices.map((slice) => [slice.index, slice]));
  const repeated = slices.flatMap(({ spread }) => spread.filter((made) => made !== undefined));
  const operands = scan.operands.map((id, index) => {
    const slice = sliced.get(index);
    const array = slice?.made.operands.find((_, position) => slice.spread[position] === undefined);
    return map[array ?? id] as ValueId;
  });
  const more = repeated.map(({ operands: [id = 0] }) => map[id] as ValueId);

  const inner = new ProgramBuilder();
  const inside: ValueId[] = [];
  const added: ValueId[] = [];
  body.params.forEach(({ type, name }, index) => {
    if (index === consts) added.push(...more.map((id) => inner.param(builder.type(id))));
    inside.push(inner.param(type, name));
  });
  const given = new Map(repeated.map((made, index) => [made, added[index] as ValueId]));
  for (const { index, made, spread } of slices) {
    const parts = spread.map((repeat) => {
      if (repeat === undefined) return inside[index] as ValueId;
      const shape = repeat.attributes.shape.slice(1);
      const axes = repeat.attributes.axes.map((axis) => axis - 1);
      const id = given.get(repeat) as ValueId;
      return String(inner.type(id).shape) === String(shape) ? id : inner.one('broadcast', [id], { shape, axes });
    });
    inside[index] = inner.plain(made.op as 'add', ...(parts as [ValueId, ValueId]));
  }
  for (const instruction of body.instructions) {
    const values = instruction.operands.map((id) => inside[id] as ValueId);
    inside.push(...again(inner, instruction, values));
  }
  return builder.emit('scan', [...operands.slice(0, consts), ...more, ...operands.slice(consts)], {
    ...attributes,
    body: inner.build(body.results.map((id) => inside[id] as ValueId)),
    consts: consts + more.length,
    carries,
  });
}
