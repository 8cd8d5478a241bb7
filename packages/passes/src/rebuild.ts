/**
 * What every pass is made of: walk a Program in order and emit, for each instruction, what takes its place.
 *
 * Emitting goes through the builder, so types are inferred again and what comes out verifies. Metadata of the
 * instruction at hand goes onto everything that is emitted for it.
 */

import type { Attributes, Instruction, Op, Program, ProgramBuilder, ValueId } from '@rheo/ir';

/** A named rewriting of Programs that keeps their meaning (up to the order of sums and products). */
export interface Pass {
  readonly name: string;
  run(program: Program): Program;
}

/** Emits what takes the place of an instruction; gives as many values as the instruction defines. */
export type Visit<B extends ProgramBuilder> = (
  builder: B,
  instruction: Instruction,
  operands: ValueId[],
) => readonly ValueId[];

/** Rebuilds a Program with the same parameters and results; nested Programs are the visitor's business. */
export function rebuild<B extends ProgramBuilder>(program: Program, builder: B, visit: Visit<B>): Program {
  const map: ValueId[] = program.params.map(({ type, name }) => builder.param(type, name));
  emitAll(program, builder, map, visit);
  return builder.build(program.results.map((id) => at(map, id)));
}

/** Emits the instructions of a Program whose parameters are already in `map`; `map` gains every value. */
export function emitAll<B extends ProgramBuilder>(program: Program, builder: B, map: ValueId[], visit: Visit<B>): void {
  const outer = builder.metadata;
  for (const instruction of program.instructions) {
    const operands = instruction.operands.map((id) => at(map, id));
    builder.metadata = instruction.metadata;
    for (const id of visit(builder, instruction, operands)) map.push(id);
  }
  builder.metadata = outer;
}

/** Emits an instruction again, with other operands and perhaps other attributes. */
export function copy(
  builder: ProgramBuilder,
  instruction: Instruction,
  operands: readonly ValueId[],
  attributes: object = instruction.attributes,
): ValueId[] {
  return builder.emit(instruction.op as Op, operands, attributes as Attributes[Op], instruction.metadata);
}

/** Attributes of an instruction with every nested Program replaced. */
export function withNested(instruction: Instruction, change: (nested: Program) => Program): object {
  switch (instruction.op) {
    case 'scan':
      return { ...instruction.attributes, body: change(instruction.attributes.body) };
    case 'while': {
      const { cond, body } = instruction.attributes;
      return { ...instruction.attributes, cond: change(cond), body: change(body) };
    }
    case 'call': {
      const { body, gradient } = instruction.attributes;
      const changed =
        typeof gradient === 'string'
          ? gradient
          : { forward: change(gradient.forward), backward: change(gradient.backward) };
      return { ...instruction.attributes, body: change(body), gradient: changed };
    }
    default:
      return instruction.attributes;
  }
}

/** The element at an index that is known to exist. */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no element ${index} of ${list.length}`);
  return item;
}

/** How often each value of a Program is read, results included. */
export function countUses(program: Program): number[] {
  const uses: number[] = [];
  const read = (id: ValueId): void => {
    uses[id] = (uses[id] ?? 0) + 1;
  };
  for (const instruction of program.instructions) instruction.operands.forEach(read);
  program.results.forEach(read);
  return uses;
}
