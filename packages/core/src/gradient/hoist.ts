/**
 * Takes work on consts alone out of a loop body, so that its gradient is pulled back once and not in every step.
 *
 * Never moved for their own sake: constants, ramps, repeats and other movement, which cost nothing where they are
 * used; arithmetic that is larger than all it is made from; and `while`, which might not end.
 */

import type { Instruction, Program } from '@rheo/ir';
import { opKinds, valueTypes } from '@rheo/ir';
import { inlineProgram } from '../control.ts';
import type { Tensor } from '../tensor.ts';
import { Trace, within } from '../tracing.ts';
import { elementCount } from './residuals.ts';

/** A body in two parts. */
export interface Hoisted {
  /** From the consts to the values that were moved out. */
  readonly before: Program;
  /** The body with those values as further consts, after the given ones. */
  readonly body: Program;
}

/** Splits a body whose first `consts` parameters are consts; undefined if there is nothing to move. */
export function hoistInvariant(original: Program, consts: number): Hoisted | undefined {
  const body = raiseFromInnerLoops(original);
  const types = valueTypes(body);
  const invariant = body.params.map((_, index) => index < consts);
  const dependent = [...invariant];
  const support = body.params.map(({ type }, index) => (index < consts ? elementCount(type) : 0));
  const moved = body.params.map(() => false);
  for (const instruction of body.instructions) {
    const still = instruction.op !== 'while' && instruction.operands.every((id) => invariant[id] === true);
    const onConsts = still && instruction.operands.some((id) => dependent[id] === true);
    const widest = Math.max(0, ...instruction.operands.map((id) => support[id] as number));
    for (const type of instruction.types) {
      const size = elementCount(type);
      const moves = onConsts && isWork(instruction, size, widest);
      invariant.push(still);
      dependent.push(onConsts);
      moved.push(moves);
      support.push(moves || instruction.op === 'constant' ? size : widest);
    }
  }
  const taken = boundary(body, moved);
  if (taken.length === 0) return undefined;
  const outer = new Trace('what leaves a loop');
  const before = within(outer, () => {
    const values: (Tensor | undefined)[] = body.params.map(({ type, name }, index) =>
      index < consts ? outer.param(type, name) : undefined,
    );
    for (const instruction of body.instructions) {
      const known = invariant[instruction.id] === true;
      if (known) values.push(...outer.replay(instruction, pick(values, instruction.operands)));
      else values.push(...instruction.types.map(() => undefined));
    }
    return outer.close(pick(values, taken)).program;
  });
  const inner = new Trace('the rest of a loop');
  const rest = within(inner, () => {
    const values: Tensor[] = [];
    const place = (from: number, to: number): void => {
      for (const { type, name } of body.params.slice(from, to)) values.push(inner.param(type, name));
    };
    place(0, consts);
    const given = new Map(taken.map((id) => [id, inner.param(types[id] as (typeof types)[number])]));
    place(consts, body.params.length);
    for (const instruction of body.instructions) {
      const made = inner.replay(instruction, pick(values, instruction.operands));
      values.push(...made.map((tensor, index) => given.get(instruction.id + index) ?? tensor));
    }
    return inner.close(pick(values, body.results)).program;
  });
  return { before, body: rest };
}

/** The body with what its inner loops can spare moved before them, so that it can move on from there. */
function raiseFromInnerLoops(body: Program): Program {
  if (body.instructions.every(({ op }) => op !== 'scan')) return body;
  const trace = new Trace('a loop with loops inside');
  return within(trace, () => {
    const values: Tensor[] = body.params.map(({ type, name }) => trace.param(type, name));
    for (const instruction of body.instructions) {
      const operands = pick(values, instruction.operands);
      const inner = instruction.op === 'scan' ? instruction.attributes : undefined;
      const parts = inner === undefined ? undefined : hoistInvariant(inner.body, inner.consts);
      if (inner === undefined || parts === undefined) {
        values.push(...trace.replay(instruction, operands));
        continue;
      }
      const given = operands.slice(0, inner.consts);
      const moved = inlineProgram(parts.before, given);
      const attributes = { ...inner, body: parts.body, consts: inner.consts + moved.length };
      const rest = operands.slice(inner.consts);
      values.push(...trace.emit('scan', [...given, ...moved, ...rest], attributes, instruction.metadata));
    }
    return trace.close(pick(values, body.results)).program;
  });
}

/** Moved values that something which stays uses. */
function boundary(body: Program, moved: readonly boolean[]): number[] {
  const used = new Set<number>();
  for (const instruction of body.instructions) {
    if (moved[instruction.id] === true) continue;
    for (const id of instruction.operands) if (moved[id] === true) used.add(id);
  }
  for (const id of body.results) if (moved[id] === true) used.add(id);
  return [...used].sort((a, b) => a - b);
}

function isWork(instruction: Instruction, size: number, widest: number): boolean {
  switch (opKinds[instruction.op]) {
    case 'source':
    case 'movement':
      return false;
    case 'unary':
    case 'binary':
    case 'compare':
    case 'select':
    case 'convert':
      return size <= widest;
    default:
      return true;
  }
}

function pick(values: readonly (Tensor | undefined)[], ids: readonly number[]): Tensor[] {
  return ids.map((id) => values[id] as Tensor);
}
