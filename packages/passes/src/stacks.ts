/**
 * The values of a scan's body as seen from outside: one stack over time per value, by the cheapest way to have it.
 *
 * What is an input of the scan, already one of its ys, constant, or a mere movement of such is had for nothing; a
 * carry whose next value is stacked is that stack, shifted by a step; all else must become a new y. Planning says
 * which new ys are needed; `emit` gives the stack once the scan that has them exists.
 */

import type { Instruction, InstructionOf, ProgramBuilder, TensorType, ValueId } from '@rheo/ir';
import { opKinds, valueTypes } from '@rheo/ir';
import type { Batched } from './batching.ts';
import { batchInstruction } from './batching.ts';
import { at } from './rebuild.ts';

/** Sizes that named dimensions are taken to have where a cost is weighed. */
export type Estimates = Readonly<Record<string, number>>;

/** Size that a named dimension is taken to have when nothing is known about it. */
const assumedSize = 32;

/** Number of elements, with an estimate for named dimensions. */
export function estimateElements({ shape }: TensorType, estimates: Estimates = {}): number {
  return shape.reduce<number>(
    (count, dim) => count * (typeof dim === 'number' ? dim : (estimates[dim] ?? assumedSize)),
    1,
  );
}

/** A value that can be had outside the scan: the ys it needs, and how to emit it. */
export interface Plan {
  readonly stacks: readonly ValueId[];
  /** True if the value is the same in every step; it is then emitted without the time axis. */
  readonly fixed: boolean;
  emit(outside: Outside): Batched;
}

/** The world after the new scan has been emitted. */
export interface Outside {
  readonly builder: ProgramBuilder;
  /** The stack of a value of the old body that is a y of the new scan. */
  stack(id: ValueId): ValueId;
}

/** Plans stacks for one scan. */
export class Stacks {
  readonly scan: InstructionOf<'scan'>;
  readonly types: readonly TensorType[];
  readonly #operands: readonly ValueId[];
  readonly #definitions: Map<ValueId, Instruction> = new Map();
  readonly #ys: Set<ValueId>;
  readonly #plans: Map<ValueId, Plan> = new Map();

  constructor(scan: InstructionOf<'scan'>, operands: readonly ValueId[]) {
    const { body, carries } = scan.attributes;
    this.scan = scan;
    this.types = valueTypes(body);
    this.#operands = operands;
    for (const instruction of body.instructions) {
      instruction.types.forEach((_, i) => {
        this.#definitions.set(instruction.id + i, instruction);
      });
    }
    this.#ys = new Set(body.results.slice(carries));
  }

  /** The instruction of the body that defines a value; undefined for parameters. */
  definition(id: ValueId): Instruction | undefined {
    return this.#definitions.get(id);
  }

  /** From now on the value counts as stacked. */
  add(id: ValueId): void {
    this.#ys.add(id);
  }

  /** True if the value is stacked. */
  isStacked(id: ValueId): boolean {
    return this.#ys.has(id);
  }

  /** Elements per step of those values that are not stacked yet. */
  fresh(ids: readonly ValueId[], estimates: Estimates = {}): number {
    let size = 0;
    for (const id of new Set(ids)) if (!this.#ys.has(id)) size += estimateElements(at(this.types, id), estimates);
    return size;
  }

  /** How to have the stack of a value of the body; not batched if it is the same in every step. */
  plan(id: ValueId): Plan {
    const known = this.#plans.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id);
    let emitted: Batched | undefined;
    const plan: Plan = {
      ...made,
      emit: (outside) => {
        emitted ??= made.emit(outside);
        return emitted;
      },
    };
    this.#plans.set(id, plan);
    return plan;
  }

  #make(id: ValueId): Plan {
    const { consts, carries, length } = this.scan.attributes;
    const found = this.#definitions.get(id);
    if (found === undefined && (id < consts || id >= consts + carries)) {
      const fixed = id < consts;
      return { stacks: [], fixed, emit: () => ({ id: at(this.#operands, id), batched: !fixed }) };
    }
    const stacked: Plan = {
      stacks: [id],
      fixed: false,
      emit: (outside) => ({ id: outside.stack(id), batched: true }),
    };
    if (this.#ys.has(id)) return stacked;
    if (found === undefined) return this.#shifted(id) ?? stacked;
    const kind = opKinds[found.op];
    if (kind !== 'source' && kind !== 'movement') return stacked;
    // A movement is re-created outside if that takes less memory than its result, or none.
    const parts = found.operands.map((operand) => this.plan(operand));
    const stacks = [...new Set(parts.flatMap((part) => part.stacks))];
    const own = estimateElements(at(this.types, id));
    const size = this.fresh(stacks);
    // A concat is a copy, worth it only to stack less.
    if (size > own || (size === own && found.op === 'concat')) return stacked;
    return {
      stacks,
      fixed: parts.every((part) => part.fixed),
      emit: (outside) => {
        const operands = parts.map((part) => part.emit(outside));
        return at(batchInstruction(outside.builder, found, operands, length), 0);
      },
    };
  }

  /** The stack of a carry before each step, from the stack of its next values. */
  #shifted(id: ValueId): Plan | undefined {
    const { body, consts, length, reverse } = this.scan.attributes;
    const next = at(body.results, id - consts);
    if (!this.#ys.has(next) || typeof length === 'string' || length === 0) return undefined;
    return {
      stacks: [next],
      fixed: false,
      emit: ({ builder, stack }) => {
        const start = at(this.#operands, id);
        const first = builder.one('reshape', [start], { shape: [1, ...builder.type(start).shape] });
        const range = reverse ? { start: 1, limit: length } : { start: 0, limit: length - 1 };
        const rest = builder.one('slice', [stack(next)], { axis: 0, ...range });
        const parts = reverse ? [rest, first] : [first, rest];
        return { id: builder.one('concat', parts, { axis: 0 }), batched: true };
      },
    };
  }
}
