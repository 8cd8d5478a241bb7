/**
 * Moves work that is the same in every step out of scans, innermost first.
 *
 * A value is invariant if it depends on consts only. All ops are total, so it may be computed once even if the scan
 * has no step; only `while`, which might not end, stays. Constants, iotas, broadcasts and ops that merely move
 * elements stay too, as they are free where they are used and cost memory when passed in; they leave only as part of
 * something computed. `concat` and `pad` of what the loop is given copy, and leave.
 */

import type { Instruction, InstructionOf, Program, ValueId } from '@rheo/ir';
import { nestedPrograms, opKinds, ProgramBuilder, valueCount, valueTypes } from '@rheo/ir';
import { at, changeScans, copy } from './rebuild.ts';

/** The Program with invariant work out of every scan. */
export function hoist(program: Program): Program {
  return changeScans(program, hoistScan);
}

function hoistScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
): ValueId[] | undefined {
  const { body, length, reverse, consts, carries } = scan.attributes;
  const size = valueCount(body);
  const invariant = new Uint8Array(size);
  const moves = new Uint8Array(size);
  invariant.fill(1, 0, consts);
  for (const instruction of body.instructions) {
    if (!instruction.operands.every((id) => invariant[id] === 1) || mayNotEnd(instruction)) continue;
    const end = instruction.id + instruction.types.length;
    invariant.fill(1, instruction.id, end);
    if (isWork(instruction)) moves.fill(1, instruction.id, end);
  }
  const frontier = readInBody(body, moves);
  if (frontier.length === 0) return undefined;

  const outside = emitOutside(builder, body, operands, frontier);
  const types = valueTypes(body);
  const inner = new ProgramBuilder();
  const map: ValueId[] = [];
  const declare = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const { type, name } = at(body.params, i);
      map[i] = inner.param(type, name);
    }
  };
  declare(0, consts);
  for (const id of frontier) map[id] = inner.param(at(types, id));
  declare(consts, body.params.length);
  for (const instruction of body.instructions) {
    if (moves[instruction.id] === 1) continue;
    const mapped = instruction.operands.map((id) => map[id]);
    // What only hoisted work reads has operands that are not here.
    if (!mapped.every((id) => id !== undefined)) continue;
    copy(inner, instruction, mapped).forEach((id, i) => {
      map[instruction.id + i] = id;
    });
  }
  const passed = [...operands.slice(0, consts), ...outside, ...operands.slice(consts)];
  return copy(builder, scan as Instruction, passed, {
    body: inner.build(body.results.map((id) => at(map, id))),
    length,
    reverse,
    consts: consts + frontier.length,
    carries,
  });
}

/** Values that move and that something staying in the body reads. */
function readInBody(body: Program, moves: Uint8Array): ValueId[] {
  const needed = new Uint8Array(moves.length);
  for (const id of body.results) needed[id] = 1;
  for (let i = body.instructions.length - 1; i >= 0; i--) {
    const { id, operands, types } = at(body.instructions, i);
    if (moves[id] === 1 || !types.some((_, k) => needed[id + k] === 1)) continue;
    for (const operand of operands) needed[operand] = 1;
  }
  const frontier: ValueId[] = [];
  needed.forEach((flag, id) => {
    if (flag === 1 && moves[id] === 1) frontier.push(id);
  });
  return frontier;
}

/** Emits what the frontier depends on in front of the scan and gives the values of the frontier. */
function emitOutside(
  builder: ProgramBuilder,
  body: Program,
  operands: readonly ValueId[],
  frontier: readonly ValueId[],
): ValueId[] {
  const needed = new Set<ValueId>(frontier);
  for (let i = body.instructions.length - 1; i >= 0; i--) {
    const instruction = at(body.instructions, i);
    if (instruction.types.some((_, k) => needed.has(instruction.id + k))) {
      for (const id of instruction.operands) needed.add(id);
    }
  }
  const map: ValueId[] = [...operands];
  for (const instruction of body.instructions) {
    if (!instruction.types.some((_, k) => needed.has(instruction.id + k))) continue;
    const mapped = instruction.operands.map((id) => at(map, id));
    copy(builder, instruction, mapped).forEach((id, k) => {
      map[instruction.id + k] = id;
    });
  }
  return frontier.map((id) => at(map, id));
}

function isWork({ op }: Instruction): boolean {
  const kind = opKinds[op];
  return (kind !== 'source' && kind !== 'movement') || op === 'concat' || op === 'pad';
}

/** True if a `while` is in it. */
export function mayNotEnd(instruction: Instruction): boolean {
  if (instruction.op === 'while') return true;
  return nestedPrograms(instruction).some((nested) => nested.instructions.some(mayNotEnd));
}
