/**
 * Puts the body of every `call` in its place. The gradients of calls are lost: this comes after differentiation.
 *
 * Layer paths are joined: a body traced with paths of its own gets the path of its call in front of them.
 */

import type { Attributes, Instruction, InstructionOf, Metadata, Op, Program, ValueId } from '@rheo/ir';
import { nestedPrograms, ProgramBuilder } from '@rheo/ir';
import { at, withNested } from './rebuild.ts';

/** The Program without `call`, nested Programs included. */
export function inlineCalls(program: Program): Program {
  if (!program.instructions.some(hasCall)) return program;
  const builder = new ProgramBuilder();
  const params = program.params.map(({ type, name }) => builder.param(type, name));
  return builder.build(emit(builder, program, params, undefined));
}

function hasCall(instruction: Instruction): boolean {
  return instruction.op === 'call' || nestedPrograms(instruction).some((nested) => nested.instructions.some(hasCall));
}

function emit(
  builder: ProgramBuilder,
  program: Program,
  operands: readonly ValueId[],
  path: string | undefined,
): ValueId[] {
  const map: ValueId[] = [...operands];
  for (const instruction of program.instructions) {
    const mapped = instruction.operands.map((id) => at(map, id));
    if (instruction.op === 'call') {
      map.push(...emit(builder, instruction.attributes.body, mapped, pathOf(instruction, path)));
      continue;
    }
    const attributes = withNested(instruction, inlineCalls) as Attributes[Op];
    map.push(...builder.emit(instruction.op as Op, mapped, attributes, joined(instruction.metadata, path)));
  }
  return program.results.map((id) => at(map, id));
}

/** Path that the instructions of a call's body get in front of their own. */
function pathOf({ attributes, metadata }: InstructionOf<'call'>, path: string | undefined): string | undefined {
  const outer = joined(metadata, path)?.layer;
  if (attributes.gradient !== 'inline') return outer;
  return outer === undefined ? attributes.name : `${outer}/${attributes.name}`;
}

function joined(metadata: Metadata | undefined, path: string | undefined): Metadata | undefined {
  const own = metadata?.layer;
  if (path === undefined || own === path || own?.startsWith(`${path}/`)) return metadata;
  return { ...metadata, layer: own === undefined ? path : `${path}/${own}` };
}
