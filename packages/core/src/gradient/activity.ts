/**
 * Which values a derivative passes through: those that depend on what is wanted, and lead to what has a cotangent.
 *
 * Both are found without emitting anything, with a fixpoint over the carries of loops. A value that is live by both
 * may still turn out to have a zero derivative; one that is not certainly has.
 */

import type { Instruction, Program, TensorType } from '@rheo/ir';
import { isFloat } from '@rheo/ir';

/** True for ops whose results have no derivative. */
export type Breaks = (op: Instruction['op']) => boolean;

/** For each value, whether it depends on one of the wanted parameters by a path that has a derivative. */
export function activeValues(program: Program, params: readonly boolean[], breaks: Breaks): boolean[] {
  const active = program.params.map(({ type }, index) => params[index] === true && isFloat(type.dtype));
  for (const instruction of program.instructions) {
    const operands = instruction.operands.map((id) => active[id] === true);
    active.push(...floatsOnly(instruction.types, activeResults(instruction, operands, breaks)));
  }
  return active;
}

/** For each value, whether it leads to one of the results that get a cotangent by a path that has a derivative. */
export function reachingValues(program: Program, results: readonly boolean[], breaks: Breaks): boolean[] {
  const types = program.params.map(({ type }) => type);
  for (const instruction of program.instructions) types.push(...instruction.types);
  const reaching = types.map(() => false);
  program.results.forEach((id, index) => {
    if (results[index] === true) reaching[id] = true;
  });
  for (const instruction of program.instructions.toReversed()) {
    const outputs = instruction.types.map((_, index) => reaching[instruction.id + index] === true);
    if (!outputs.includes(true)) continue;
    reachingOperands(instruction, outputs, breaks).forEach((reached, index) => {
      const id = instruction.operands[index] as number;
      if (reached) reaching[id] = true;
    });
  }
  return floatsOnly(types, reaching);
}

/** Carries of a loop body that are active once the loop has gone round. */
export function activeCarries(
  body: Program,
  operands: readonly boolean[],
  consts: number,
  carries: number,
  breaks: Breaks,
): { readonly params: boolean[]; readonly values: boolean[] } {
  const params = [...operands];
  for (;;) {
    const values = activeValues(body, params, breaks);
    let grew = false;
    for (let index = 0; index < carries; index++) {
      if (params[consts + index] === true || values[body.results[index] as number] !== true) continue;
      params[consts + index] = true;
      grew = true;
    }
    if (!grew) return { params, values };
  }
}

/** Results of a loop body that lead to a cotangent once the loop has gone round. */
export function reachingCarries(
  body: Program,
  results: readonly boolean[],
  consts: number,
  carries: number,
  breaks: Breaks,
): { readonly results: boolean[]; readonly values: boolean[] } {
  const outputs = [...results];
  for (;;) {
    const values = reachingValues(body, outputs, breaks);
    let grew = false;
    for (let index = 0; index < carries; index++) {
      if (outputs[index] === true || values[consts + index] !== true) continue;
      outputs[index] = true;
      grew = true;
    }
    if (!grew) return { results: outputs, values };
  }
}

function activeResults(instruction: Instruction, operands: readonly boolean[], breaks: Breaks): boolean[] {
  const any = operands.includes(true);
  const all = instruction.types.map(() => any);
  if (!any) return all;
  switch (instruction.op) {
    case 'scan': {
      const { body, consts, carries } = instruction.attributes;
      const { params, values } = activeCarries(body, operands, consts, carries, breaks);
      return body.results.map((id, index) => (index < carries ? params[consts + index] : values[id]) === true);
    }
    case 'call': {
      const { body, gradient } = instruction.attributes;
      if (gradient === 'stop') return all.map(() => false);
      if (gradient !== 'inline') return all;
      const values = activeValues(body, operands, breaks);
      return body.results.map((id) => values[id] === true);
    }
    default:
      return breaks(instruction.op) ? all.map(() => false) : all;
  }
}

function reachingOperands(instruction: Instruction, results: readonly boolean[], breaks: Breaks): boolean[] {
  const all = instruction.operands.map(() => true);
  switch (instruction.op) {
    case 'scan': {
      const { body, consts, carries } = instruction.attributes;
      const found = reachingCarries(body, results, consts, carries, breaks);
      // Zero steps hand the initial carry through.
      return all.map((_, index) => {
        const carry = index - consts;
        const direct = carry >= 0 && carry < carries && found.results[carry] === true;
        return direct || found.values[index] === true;
      });
    }
    case 'call': {
      const { body, gradient } = instruction.attributes;
      if (gradient === 'stop') return all.map(() => false);
      if (gradient !== 'inline') return all;
      const values = reachingValues(body, results, breaks);
      return body.params.map((_, index) => values[index] === true);
    }
    default:
      return breaks(instruction.op) ? all.map(() => false) : all;
  }
}

function floatsOnly(types: readonly TensorType[], flags: readonly boolean[]): boolean[] {
  return flags.map((flag, index) => flag && isFloat((types[index] as TensorType).dtype));
}
