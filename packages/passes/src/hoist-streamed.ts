/**
 * Moves products of the inputs, and random bits, out of scans: what depends on consts and xs only is computed for all
 * steps at once.
 *
 * A streamed product and everything streamed that follows it leave the loop, which then reads the result as one more
 * x. It saves no arithmetic but gives the product the rows of all steps; it pays with few rows, or where each
 * instruction in a loop is dear, which random bits take many of. A product of concat(x, h) must be split first (`splitConcatDot`).
 */

import type { Instruction, InstructionOf, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueCount, valueTypes } from '@rheo/ir';
import type { Batched } from './batching.ts';
import { batchInstruction, materialise } from './batching.ts';
import { mayNotEnd } from './hoist.ts';
import { at, changeScans, copy } from './rebuild.ts';

/** The Program with streamed products in front of the scans instead of in them. */
export function hoistStreamed(program: Program): Program {
  return changeScans(program, hoistScan);
}

function hoistScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
): ValueId[] | undefined {
  const { body, length, reverse, consts, carries } = scan.attributes;
  const size = valueCount(body);
  const free = new Uint8Array(size).fill(1, 0, consts).fill(1, consts + carries, body.params.length);
  const heavy = new Uint8Array(size);
  for (const instruction of body.instructions) {
    const { id, op, operands: inputs, types } = instruction;
    if (!inputs.every((input) => free[input] === 1) || mayNotEnd(instruction)) continue;
    free.fill(1, id, id + types.length);
    if (op === 'dot' || op === 'scan' || op === 'random_bits' || inputs.some((input) => heavy[input] === 1)) {
      heavy.fill(1, id, id + types.length);
    }
  }
  const frontier = readByOthers(body, heavy);
  if (frontier.length === 0) return undefined;

  const needed = ancestors(body, frontier);
  const outside: Batched[] = operands.map((id, i) => ({ id, batched: i >= consts + carries }));
  for (const instruction of body.instructions) {
    if (!needed.has(instruction.id)) continue;
    const inputs = instruction.operands.map((id) => at(outside, id));
    batchInstruction(builder, instruction, inputs, length).forEach((result, i) => {
      outside[instruction.id + i] = result;
    });
  }
  const streams = frontier.map((id) => materialise(builder, at(outside, id), length));

  const types = valueTypes(body);
  const inner = new ProgramBuilder();
  const map: (ValueId | undefined)[] = body.params.map(({ type, name }) => inner.param(type, name));
  for (const id of frontier) map[id] = inner.param(at(types, id));
  for (const instruction of body.instructions) {
    if (heavy[instruction.id] === 1) continue;
    const mapped = instruction.operands.map((id) => map[id]);
    if (!mapped.every((id) => id !== undefined)) continue;
    copy(inner, instruction, mapped).forEach((id, i) => {
      map[instruction.id + i] = id;
    });
  }
  return copy(builder, scan as Instruction, [...operands, ...streams], {
    body: inner.build(body.results.map((id) => at(map as ValueId[], id))),
    length,
    reverse,
    consts,
    carries,
  });
}

/** Marked values that an instruction without the mark, or a result, reads. */
function readByOthers(body: Program, marked: Uint8Array): ValueId[] {
  const read = new Set<ValueId>(body.results);
  for (const { id, operands } of body.instructions) {
    if (marked[id] !== 1) for (const operand of operands) read.add(operand);
  }
  return [...read].filter((id) => marked[id] === 1);
}

/** First values of all instructions that these values depend on, their own included. */
function ancestors(body: Program, values: readonly ValueId[]): Set<ValueId> {
  const needed = new Set<ValueId>(values);
  const found = new Set<ValueId>();
  for (let i = body.instructions.length - 1; i >= 0; i--) {
    const { id, operands, types } = at(body.instructions, i);
    if (!types.some((_, k) => needed.has(id + k))) continue;
    found.add(id);
    for (const operand of operands) needed.add(operand);
  }
  return found;
}
