/**
 * Verifies a Program that came from outside (parsed, sent, built by hand): numbering, uses, types, nested Programs.
 *
 * It promises that a verified Program compiles on every backend that has its dtypes; it does not change anything.
 */

import { RheoError } from './errors.ts';
import type { Attributes, Op, Program } from './ops.ts';
import { opKinds } from './ops.ts';
import { nestedPrograms } from './program.ts';
import { inferTypes } from './shape-rules.ts';
import type { TensorType } from './types.ts';
import { dtypes, formatType, sameType } from './types.ts';

/** Nested Programs deeper than this are refused: a hostile text must not exhaust the stack. */
const maxDepth = 64;

/** Throws a `RheoError` with code `program` (or the broken shape rule's) unless every rule of the language holds. */
export function verify(program: Program): void {
  verifyAt(program, 'program', 0);
}

function verifyAt(program: Program, where: string, depth: number): void {
  if (depth > maxDepth) fail(`Programs are nested deeper than ${maxDepth}`, where);
  const types: TensorType[] = [];
  for (const [index, { type }] of program.params.entries()) {
    if (!dtypes.includes(type.dtype)) fail(`parameter ${index} has the unknown dtype ${String(type.dtype)}`, where);
    inferTypes('iota', [], { dtype: 'f32', shape: [...type.shape, 1], axis: type.shape.length });
    types.push(type);
  }
  for (const instruction of program.instructions) {
    const at = `${where} %${instruction.id} = ${instruction.op}`;
    if (!Object.hasOwn(opKinds, instruction.op)) fail(`there is no op "${instruction.op}"`, where);
    if (instruction.id !== types.length) fail(`value %${instruction.id} is defined where %${types.length} is due`, at);
    for (const [index, nested] of nestedPrograms(instruction).entries()) {
      verifyAt(nested, `${at} (nested ${index})`, depth + 1);
    }
    const operands = instruction.operands.map((id) => {
      const type = types[id];
      if (type === undefined) return fail(`value %${id} is used before it is defined`, at);
      return type;
    });
    const inferred = inferTypes(
      instruction.op,
      operands,
      instruction.attributes as Attributes[Op],
      instruction.metadata?.layer,
    );
    const found = instruction.types;
    if (found.length !== inferred.length || !found.every((type, i) => sameType(type, inferred[i] as TensorType))) {
      fail(`is declared (${found.map(formatType).join(', ')}) but gives (${inferred.map(formatType).join(', ')})`, at);
    }
    types.push(...found);
  }
  for (const id of program.results) {
    if (types[id] === undefined) fail(`result %${id} does not exist`, where);
  }
}

function fail(what: string, where: string): never {
  throw new RheoError('program', { from: '@rheo/ir', what, where });
}
