/**
 * The sum over all steps of a value in a scan's body, computed outside from stacks.
 *
 * Linear ops commute with the sum and are done once, on the sum; a product of two stacks contracts over time.
 */

import type { Attributes, Dim, Instruction, ValueId } from '@rheo/ir';
import { materialise } from './batching.ts';
import { at, copy } from './rebuild.ts';
import type { Outside, Plan, Stacks } from './stacks.ts';
import { estimateElements } from './stacks.ts';

/** How to have a sum over time: the ys it needs, whether it does real work, and how to emit it. */
export interface SumPlan {
  readonly stacks: readonly ValueId[];
  /** True if there is a product or a scatter in it. */
  readonly heavy: boolean;
  /** True if a large term would be stacked only to be added up. */
  readonly wasteful: boolean;
  emit(outside: Outside): ValueId;
}

/** Terms with more elements than this are not stacked only to be added up. */
const maxStackedTerm = 4096;
/** A reduction goes over time too if its operand has at most this many elements for each of its result. */
const maxReducedStack = 4;

/** Plans sums over the steps of one scan. */
export class SumPlanner {
  readonly #stacks: Stacks;
  readonly #uses: readonly number[];
  readonly #length: Dim;
  readonly #always: boolean;

  /** `always`: stack a term even where it is large. */
  constructor(stacks: Stacks, uses: readonly number[], length: Dim, always: boolean) {
    this.#stacks = stacks;
    this.#uses = uses;
    this.#length = length;
    this.#always = always;
  }

  plan(id: ValueId): SumPlan {
    const whole = this.#stacks.plan(id);
    const found = this.#stacks.definition(id);
    // Whatever else reads the value computes it in the loop anyway.
    if (found === undefined || (this.#uses[id] ?? 0) > 1) return this.#summed(whole, id);
    return this.#linear(found, id) ?? this.#summed(whole, id);
  }

  #linear(found: Instruction, id: ValueId): SumPlan | undefined {
    const [a = 0, b = 0] = found.operands;
    switch (found.op) {
      case 'neg':
      case 'reshape':
      case 'transpose':
      case 'broadcast':
      case 'slice':
      case 'pad':
      case 'reverse':
      case 'add':
      case 'sub':
      case 'concat':
        return this.#outside(found);
      case 'mul': {
        if (this.#stacks.plan(b).fixed) return this.#times(a, b);
        return this.#stacks.plan(a).fixed ? this.#times(b, a) : undefined;
      }
      case 'reduce_sum': {
        const plan = this.#stacks.plan(a);
        const size = estimateElements(at(this.#stacks.types, a));
        const small = size <= maxReducedStack * estimateElements(at(this.#stacks.types, id));
        if (!small && !this.#always && plan.stacks.length > 0) return undefined;
        const { axes } = found.attributes;
        return this.#summed(
          plan,
          a,
          axes.map((axis) => axis + 1),
        );
      }
      case 'dot':
        return this.#product(a, b, found.attributes);
      case 'scatter_add':
        return this.#scattered(a, b, found.attributes);
      default:
        return undefined;
    }
  }

  /** The stack of a value, summed over time and perhaps more axes. */
  #summed(plan: Plan, id: ValueId, axes: readonly number[] = []): SumPlan {
    const large = axes.length === 0 && estimateElements(at(this.#stacks.types, id)) > maxStackedTerm;
    return {
      stacks: plan.stacks,
      heavy: false,
      wasteful: large && plan.stacks.some((stack) => !this.#stacks.isStacked(stack)),
      emit: (outside) => {
        const stack = materialise(outside.builder, plan.emit(outside), this.#length);
        return outside.builder.one('reduce_sum', [stack], { axes: [0, ...axes] });
      },
    };
  }

  /** An op that commutes with sums, done on the sums of its operands. */
  #outside(found: Instruction): SumPlan {
    const parts = found.operands.map((operand) => this.plan(operand));
    return {
      stacks: parts.flatMap((part) => part.stacks),
      heavy: parts.some((part) => part.heavy),
      wasteful: parts.some((part) => part.wasteful),
      emit: (outside) => {
        const operands = parts.map((part) => part.emit(outside));
        return at(copy(outside.builder, found, operands), 0);
      },
    };
  }

  /** Σ x·w is (Σ x)·w for a w that is the same in every step. */
  #times(x: ValueId, w: ValueId): SumPlan {
    const sum = this.plan(x);
    const factor = this.#stacks.plan(w);
    return {
      stacks: sum.stacks,
      heavy: sum.heavy,
      wasteful: sum.wasteful,
      emit: (outside) => outside.builder.plain('mul', sum.emit(outside), factor.emit(outside).id),
    };
  }

  #product(a: ValueId, b: ValueId, attributes: Attributes['dot']): SumPlan {
    const { contract, batch } = attributes;
    for (const side of [0, 1] as const) {
      if (!this.#stacks.plan(side === 0 ? a : b).fixed) continue;
      const [fixed, sum] = [this.#stacks.plan(side === 0 ? a : b), this.plan(side === 0 ? b : a)];
      return {
        stacks: sum.stacks,
        heavy: true,
        wasteful: sum.wasteful,
        emit: (outside) => {
          const [w, x] = [fixed.emit(outside).id, sum.emit(outside)];
          return outside.builder.one('dot', side === 0 ? [w, x] : [x, w], attributes);
        },
      };
    }
    const scaled = this.#scaled(a, b, attributes);
    if (scaled !== undefined) return scaled;
    const split = this.#split(a, b, attributes);
    if (split !== undefined) return split;
    const [left, right] = [this.#stacks.plan(a), this.#stacks.plan(b)];
    const later = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);
    return {
      stacks: [...left.stacks, ...right.stacks],
      heavy: true,
      wasteful: false,
      emit: (outside) =>
        outside.builder.one('dot', [left.emit(outside).id, right.emit(outside).id], {
          contract: [
            [0, ...later(contract[0])],
            [0, ...later(contract[1])],
          ],
          batch: [later(batch[0]), later(batch[1])],
        }),
    };
  }

  /** A number times an operand is taken out of the product, so that the operand alone is stacked. */
  #scaled(a: ValueId, b: ValueId, attributes: Attributes['dot']): SumPlan | undefined {
    for (const side of [0, 1] as const) {
      const id = side === 0 ? a : b;
      const found = this.#stacks.definition(id);
      if (found?.op !== 'mul' || this.#stacks.isStacked(id)) continue;
      const numbers = found.operands.map((operand) => this.#number(operand));
      const position = numbers.findIndex((number) => number !== undefined);
      const number = numbers[position];
      if (number === undefined) continue;
      const x = at(found.operands, 1 - position);
      const product = this.#product(side === 0 ? x : a, side === 0 ? b : x, attributes);
      return {
        ...product,
        emit: (outside) => {
          const { builder } = outside;
          const whole = product.emit(outside);
          const { dtype, shape } = builder.type(whole);
          return builder.plain('mul', whole, builder.fill(dtype, shape, number));
        },
      };
    }
    return undefined;
  }

  /** The number that fills a value of the body. */
  #number(id: ValueId): number | undefined {
    const found = this.#stacks.definition(id);
    if (found?.op === 'broadcast') return this.#number(at(found.operands, 0));
    return found?.op === 'constant' && found.attributes.value.length === 1 ? found.attributes.value[0] : undefined;
  }

  /** A product with a concat on a free axis is a concat of products, whose parts may be stacked already. */
  #split(a: ValueId, b: ValueId, { contract, batch }: Attributes['dot']): SumPlan | undefined {
    for (const side of [0, 1] as const) {
      const [id, other] = side === 0 ? [a, b] : [b, a];
      const found = this.#stacks.definition(id);
      if (found?.op !== 'concat' || batch[0].length > 0 || this.#stacks.isStacked(id)) continue;
      const { axis } = found.attributes;
      const bound = contract[side];
      if (bound.includes(axis)) continue;
      const parts = found.operands.map((part) =>
        this.#product(side === 0 ? part : a, side === 0 ? b : part, { contract, batch }),
      );
      const whole = [...this.#stacks.plan(id).stacks, ...this.#stacks.plan(other).stacks];
      const size = this.#stacks.fresh(parts.flatMap((part) => part.stacks));
      if (whole.includes(id) && size >= this.#stacks.fresh(whole)) continue;
      const rank = (of: ValueId): number => at(this.#stacks.types, of).shape.length;
      const before = Array.from({ length: axis }, (_, i) => i).filter((i) => !bound.includes(i)).length;
      const resultAxis = before + (side === 0 ? 0 : rank(a) - contract[0].length);
      return {
        stacks: parts.flatMap((part) => part.stacks),
        heavy: true,
        wasteful: parts.some((part) => part.wasteful),
        emit: (outside) =>
          outside.builder.one(
            'concat',
            parts.map((part) => part.emit(outside)),
            { axis: resultAxis },
          ),
      };
    }
    return undefined;
  }

  #scattered(updates: ValueId, index: ValueId, attributes: Attributes['scatter_add']): SumPlan {
    const places = this.#stacks.plan(index);
    if (places.fixed) {
      const sum = this.plan(updates);
      return {
        stacks: sum.stacks,
        heavy: true,
        wasteful: sum.wasteful,
        emit: (outside) => outside.builder.one('scatter_add', [sum.emit(outside), places.emit(outside).id], attributes),
      };
    }
    const values = this.#stacks.plan(updates);
    const { axis } = attributes;
    return {
      stacks: [...values.stacks, ...places.stacks],
      heavy: true,
      wasteful: false,
      emit: (outside) => {
        const { builder } = outside;
        const stack = materialise(builder, values.emit(outside), this.#length);
        const rank = builder.type(stack).shape.length;
        const order = Array.from({ length: rank }, (_, i) => (i < axis ? i + 1 : i === axis ? 0 : i));
        const turned = builder.one('transpose', [stack], { permutation: order });
        return builder.one('scatter_add', [turned, places.emit(outside).id], attributes);
      },
    };
  }
}
