/**
 * Moves accumulators out of scans: a carry that only gathers a sum becomes one sum, or one product, after the loop.
 *
 * A carry is an accumulator if its next value is itself plus terms, and nothing else reads it. Products contract over
 * time at once, reductions and scatters go over time too, and linear ops (transposes, factors that do not change)
 * stay outside. The operands must then be stacked, so it is done where they are no larger than `limit` accumulators;
 * those that are inputs, or stacked already, count nothing. Only the order of summation changes.
 */

import type { Instruction, InstructionOf, Program, ProgramBuilder, ValueId } from '@rheo/ir';
import { at, changeScans, countUses } from './rebuild.ts';
import { changeScan } from './rebuild-scan.ts';
import type { Estimates } from './stacks.ts';
import { estimateElements, Stacks } from './stacks.ts';
import type { SumPlan } from './sum-over-time.ts';
import { SumPlanner } from './sum-over-time.ts';

/** Options of `sink`. */
export interface SinkOptions {
  /** Elements stacked per step, at most, for each element of the accumulator; 4 unless given. */
  readonly limit?: number;
  /** Sizes that named dimensions are taken to have. */
  readonly estimates?: Estimates;
}

/** A carry with the terms that are added to it in each step. */
interface Accumulator {
  readonly carry: number;
  readonly terms: readonly Term[];
}

interface Term {
  readonly id: ValueId;
  readonly minus: boolean;
}

interface PlannedTerm {
  readonly minus: boolean;
  readonly plan: SumPlan;
}

/** The Program with accumulators out of every scan where that pays. */
export function sink(program: Program, options: SinkOptions = {}): Program {
  return changeScans(program, (builder, scan, operands) => sinkScan(builder, scan, operands, options));
}

function sinkScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
  { limit = 4, estimates = {} }: SinkOptions,
): ValueId[] | undefined {
  const { body, length, consts } = scan.attributes;
  const always = limit === Number.POSITIVE_INFINITY;
  const uses = countUses(body);
  const found = accumulators(scan.attributes, uses);
  if (found.length === 0) return undefined;
  const stacks = new Stacks(scan, operands);
  const sums = new SumPlanner(stacks, uses, length, always);

  // Products first: what they stack is then free for the sums.
  const planned = (terms: readonly Term[]): PlannedTerm[] =>
    terms.map(({ id, minus }) => ({ minus, plan: sums.plan(id) }));
  const heavy = found.filter(({ terms }) => planned(terms).some(({ plan }) => plan.heavy));
  const chosen: { readonly carry: number; readonly terms: readonly PlannedTerm[] }[] = [];
  for (const { carry, terms } of new Set([...heavy, ...found])) {
    const plans = planned(terms);
    const needed = plans.flatMap(({ plan }) => plan.stacks);
    const elements = estimateElements(at(stacks.types, consts + carry), estimates);
    if (!always && plans.some(({ plan }) => plan.wasteful)) continue;
    if (stacks.fresh(needed, estimates) > limit * elements) continue;
    chosen.push({ carry, terms: plans });
    for (const id of needed) stacks.add(id);
  }
  if (chosen.length === 0) return undefined;

  const changed = changeScan(builder, scan, operands, {
    dropped: new Set(chosen.map(({ carry }) => carry)),
    stacks: chosen.flatMap(({ terms }) => terms.flatMap(({ plan }) => plan.stacks)),
  });
  const outside = { builder, stack: (id: ValueId): ValueId => changed.stacks.get(id) as ValueId };
  const results = [...changed.results];
  for (const { carry, terms } of chosen) {
    results[carry] = terms.reduce(
      (sum, { plan, minus }) => builder.plain(minus ? 'sub' : 'add', sum, plan.emit(outside)),
      at(operands, consts + carry),
    );
  }
  return results as ValueId[];
}

function accumulators(
  { body, consts, carries }: InstructionOf<'scan'>['attributes'],
  uses: readonly number[],
): Accumulator[] {
  const reader = new Map<ValueId, Instruction>();
  for (const instruction of body.instructions) for (const id of instruction.operands) reader.set(id, instruction);
  const found: Accumulator[] = [];
  for (let carry = 0; carry < carries; carry++) {
    const end = at(body.results, carry);
    const terms: Term[] = [];
    let current = consts + carry;
    if (at(body.params, current).type.dtype === 'u32') continue;
    while (current !== end && uses[current] === 1) {
      const user = reader.get(current);
      if (user === undefined || (user.op !== 'add' && user.op !== 'sub')) break;
      const [left = 0, right = 0] = user.operands;
      if (user.op === 'sub' && right === current) break;
      terms.push({ id: left === current ? right : left, minus: user.op === 'sub' });
      current = user.id;
    }
    if (current === end && uses[end] === 1 && terms.length > 0) found.push({ carry, terms });
  }
  return found;
}
