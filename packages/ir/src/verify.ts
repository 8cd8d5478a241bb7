/**
 * Verifies a Program that came from outside (parsed, sent, built by hand): form, numbering, uses, types, nested
 * Programs.
 *
 * It promises that a verified Program compiles on every backend that has its dtypes, and that nothing it is given
 * makes it fail in any other way than with a `RheoError`; it does not change anything.
 */

import { RheoError } from './errors.ts';
import type { Attributes, Op, Program } from './ops.ts';
import { nestedPrograms } from './program.ts';
import { inferTypes } from './shape-rules.ts';
import type { TensorType } from './types.ts';
import { formatType, sameType } from './types.ts';
import type { Report } from './verify-form.ts';
import { checkInstructionForm, checkProgramForm } from './verify-form.ts';

/** Nested Programs deeper than this are refused: a hostile text must not exhaust the stack. */
export const maxDepth = 64;

/** Throws a `RheoError` with code `program` (or the broken shape rule's) unless every rule of the language holds. */
export function verify(program: Program): void {
  verifyAt(program, 'program', 0, new Map());
}

/** `passed` keeps the depth at which a Program passed, so that one that is shared is looked at once. */
function verifyAt(program: Program, where: string, depth: number, passed: Map<Program, number>): void {
  if ((passed.get(program) ?? -1) >= depth) return;
  const report: Report = (what) => {
    throw new RheoError('program', { from: '@rheo/ir', what, where });
  };
  if (depth > maxDepth) report(`Programs are nested deeper than ${maxDepth}`);
  checkProgramForm(program, report);
  const types: TensorType[] = program.params.map((param) => param.type);
  for (const instruction of program.instructions) {
    checkInstructionForm(instruction, report);
    const { id, op } = instruction;
    const at = `${where} %${id} = ${op}`;
    if (id !== types.length) report(`value %${id} is defined where %${types.length} is due`);
    for (const [index, nested] of nestedPrograms(instruction).entries()) {
      verifyAt(nested, `${at} (nested ${index})`, depth + 1, passed);
    }
    const operands = instruction.operands.map((used) => {
      return types[used] ?? report(`%${id} = ${op} uses %${used} before it is defined`);
    });
    const inferred = inferTypes(op, operands, instruction.attributes as Attributes[Op], instruction.metadata?.layer);
    const found = instruction.types;
    if (found.length !== inferred.length || !found.every((type, i) => sameType(type, inferred[i] as TensorType))) {
      const [declared, gives] = [found, inferred].map((list) => list.map(formatType).join(', '));
      report(`%${id} = ${op} is declared (${declared}) but gives (${gives})`);
    }
    types.push(...found);
  }
  for (const id of program.results) if (types[id] === undefined) report(`result %${id} does not exist`);
  passed.set(program, depth);
}
