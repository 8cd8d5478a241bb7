/**
 * What every pass is made of: walk a Program in order and emit, for each instruction, what takes its place.
 *
 * Emitting goes through the builder, so what is new has its types inferred and what comes out verifies. Metadata of
 * the instruction at hand goes onto everything that is emitted for it.
 */

import type { Attributes, Instruction, InstructionOf, Op, Program, ValueId } from '@rheo/ir';
import { opKinds, ProgramBuilder } from '@rheo/ir';

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

/**
 * Emits an instruction again on operands of the same types: what it gives has the types that it had. For walks that put
 * equals in the place of equals, which need no types inferred.
 */
export function again(
  builder: ProgramBuilder,
  instruction: Instruction,
  operands: readonly ValueId[],
  attributes: object = instruction.attributes,
): ValueId[] {
  const { op, metadata, types } = instruction;
  return builder.emit(op as Op, operands, attributes as Attributes[Op], metadata, types);
}

/** Attributes of an instruction with every nested Program replaced; the same object if none changes. */
export function withNested(instruction: Instruction, change: (nested: Program) => Program): object {
  const { op, attributes } = instruction;
  if (op === 'scan') {
    const body = change(attributes.body);
    return body === attributes.body ? attributes : { ...attributes, body };
  }
  if (op === 'while') {
    const [cond, body] = [change(attributes.cond), change(attributes.body)];
    return cond === attributes.cond && body === attributes.body ? attributes : { ...attributes, cond, body };
  }
  if (op !== 'call') return attributes;
  const { gradient } = attributes;
  const body = change(attributes.body);
  if (typeof gradient === 'string') return body === attributes.body ? attributes : { ...attributes, body };
  const [forward, backward] = [change(gradient.forward), change(gradient.backward)];
  const same = body === attributes.body && forward === gradient.forward && backward === gradient.backward;
  return same ? attributes : { ...attributes, body, gradient: { forward, backward } };
}

/** Emits what takes the place of a scan, all its results in order; undefined to leave it. */
export type ScanVisit = (
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
) => readonly ValueId[] | undefined;

/** The Program with every scan offered to `visit`, innermost first; the same object if none changes. */
export function changeScans(program: Program, visit: ScanVisit): Program {
  if (!program.instructions.some(({ op }) => opKinds[op] === 'control')) return program;
  let changed = false;
  const result = rebuild(program, new ProgramBuilder(), (builder, instruction, operands) => {
    const attributes = withNested(instruction, (nested) => changeScans(nested, visit));
    changed ||= attributes !== instruction.attributes;
    if (instruction.op !== 'scan') return again(builder, instruction, operands, attributes);
    const ids = visit(builder, { ...instruction, attributes: attributes as Attributes['scan'] }, operands);
    changed ||= ids !== undefined;
    return ids ?? again(builder, instruction, operands, attributes);
  });
  return changed ? result : program;
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
