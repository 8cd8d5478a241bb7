/**
 * Removes what no result needs, in loops too: unused ys, consts and xs, and carries that only feed themselves.
 *
 * Parameters and results of the Program itself stay. A `while` and a `call` are removed or kept as a whole; what is
 * dead inside their nested Programs goes.
 */

import type { Instruction, InstructionOf, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueCount } from '@rheo/ir';
import { again, at, copy, withNested } from './rebuild.ts';

/** What is needed of a Program: its values, and per scan in it which of its results. */
interface Needs {
  readonly live: Uint8Array;
  readonly scans: Map<Instruction, ScanNeeds>;
}

interface ScanNeeds {
  readonly results: readonly boolean[];
  readonly body: Needs;
}

/** The Program without what its results do not need. */
export function deadCode(program: Program): Program {
  const needs = analyse(program, program.results);
  if (!hasDead(program, needs)) return program;
  return trim(
    program,
    needs,
    program.params.map(() => true),
    program.results,
  );
}

function analyse(program: Program, results: readonly ValueId[]): Needs {
  const live = new Uint8Array(valueCount(program));
  const scans = new Map<Instruction, ScanNeeds>();
  for (const id of results) live[id] = 1;
  for (let index = program.instructions.length - 1; index >= 0; index--) {
    const instruction = at(program.instructions, index);
    const used = instruction.types.map((_, i) => live[instruction.id + i] === 1);
    if (!used.includes(true)) continue;
    if (instruction.op === 'scan') {
      const needs = analyseScan(instruction, used);
      scans.set(instruction, needs);
      instruction.operands.forEach((id, i) => {
        if (keepsOperand(instruction, needs, i)) live[id] = 1;
      });
    } else for (const id of instruction.operands) live[id] = 1;
  }
  return { live, scans };
}

/** A carry is needed if its end value is, or if a needed result of the body reads it: the least such set. */
function analyseScan({ attributes }: InstructionOf<'scan'>, used: readonly boolean[]): ScanNeeds {
  const { body, consts, carries } = attributes;
  const results = [...used];
  for (;;) {
    const needs = analyse(
      body,
      body.results.filter((_, i) => results[i]),
    );
    let grown = false;
    for (let i = 0; i < carries; i++) {
      if (!results[i] && needs.live[consts + i] === 1) {
        results[i] = true;
        grown = true;
      }
    }
    if (!grown) return { results, body: needs };
  }
}

function keepsOperand({ attributes }: InstructionOf<'scan'>, needs: ScanNeeds, index: number): boolean {
  const carry = index - attributes.consts;
  if (carry >= 0 && carry < attributes.carries) return needs.results[carry] === true;
  return needs.body.live[index] === 1;
}

function hasDead(program: Program, { live, scans }: Needs): boolean {
  return program.instructions.some((instruction) => {
    if (!instruction.types.some((_, i) => live[instruction.id + i] === 1)) return true;
    if (instruction.op !== 'scan') return withNested(instruction, deadCode) !== instruction.attributes;
    const needs = scans.get(instruction) as ScanNeeds;
    if (needs.results.includes(false) || hasDead(instruction.attributes.body, needs.body)) return true;
    return instruction.operands.some((_, i) => !keepsOperand(instruction, needs, i));
  });
}

function trim(program: Program, needs: Needs, params: readonly boolean[], results: readonly ValueId[]): Program {
  const builder = new ProgramBuilder();
  const map: ValueId[] = [];
  program.params.forEach(({ type, name }, index) => {
    if (params[index]) map[index] = builder.param(type, name);
  });
  for (const instruction of program.instructions) {
    if (!instruction.types.some((_, i) => needs.live[instruction.id + i] === 1)) continue;
    if (instruction.op === 'scan') {
      const inner = needs.scans.get(instruction) as ScanNeeds;
      trimScan(builder, instruction, inner, map);
      continue;
    }
    const operands = instruction.operands.map((id) => at(map, id));
    again(builder, instruction, operands, withNested(instruction, deadCode)).forEach((id, i) => {
      map[instruction.id + i] = id;
    });
  }
  return builder.build(results.map((id) => at(map, id)));
}

function trimScan(builder: ProgramBuilder, instruction: InstructionOf<'scan'>, needs: ScanNeeds, map: ValueId[]): void {
  const { body, length, reverse, consts, carries } = instruction.attributes;
  const kept = instruction.operands.map((_, i) => keepsOperand(instruction, needs, i));
  const trimmed = trim(
    body,
    needs.body,
    kept,
    body.results.filter((_, i) => needs.results[i]),
  );
  const operands = instruction.operands.filter((_, i) => kept[i]).map((id) => at(map, id));
  const count = (from: number, to: number): number => kept.slice(from, to).filter(Boolean).length;
  const ids = copy(builder, instruction as Instruction, operands, {
    body: trimmed,
    length,
    reverse,
    consts: count(0, consts),
    carries: count(consts, consts + carries),
  });
  let next = 0;
  needs.results.forEach((needed, i) => {
    if (needed) map[instruction.id + i] = at(ids, next++);
  });
}
