/**
 * What the generator knows while it builds one Program (or a body): the values so far, and of each how large it can be
 * and whether it is exact.
 *
 * Exact values are integers that every backend computes to the bit, also as floats; only they may decide anything that
 * jumps (comparisons, floor, argmax, indices). All others stay small by `tame`, so that rounding errors do too.
 */

import type { DType, Shape, ValueId } from '@rheo/ir';
import { ProgramBuilder, sameShape } from '@rheo/ir';
import type { Tape } from './tape.ts';

/** A value with what is known about its elements. */
export interface Value {
  readonly id: ValueId;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Integers, equal on all backends. */
  readonly exact: boolean;
  /** No element is larger in magnitude. */
  readonly bound: number;
}

/** Options that the whole Program shares. */
export interface GeneratorContext {
  readonly tape: Tape;
  /** Numbers behind the names that shapes may use. */
  readonly dims: Readonly<Record<string, number>>;
  /** Largest number of elements of a value. */
  readonly largest: number;
  /** Tries so many steps in a scope. */
  readonly grow: (scope: Scope, tries: number) => void;
}

/** Largest magnitude of a float that is not exact. */
export const realLimit: number = 8;
/** Largest magnitude of an exact float or an i32. */
export const exactLimit: number = 2 ** 12;

/** A Program in the making. */
export class Scope {
  readonly builder: ProgramBuilder = new ProgramBuilder();
  readonly values: Value[] = [];
  readonly context: GeneratorContext;
  /** How many scans may still be nested. */
  readonly depth: number;

  constructor(context: GeneratorContext, depth: number) {
    this.context = context;
    this.depth = depth;
  }

  get tape(): Tape {
    return this.context.tape;
  }

  /** Adds a parameter. */
  param(dtype: DType, shape: Shape, exact: boolean, bound: number): Value {
    const value = this.describe(this.builder.param({ dtype, shape }), exact, bound);
    this.values.push(value);
    return value;
  }

  /** Records a value and keeps it small. */
  add(id: ValueId, exact: boolean, bound: number): Value {
    const value = this.tame(this.describe(id, exact, bound));
    this.values.push(value);
    return value;
  }

  /** What is known of a value that is not (or not yet) offered to others. */
  describe(id: ValueId, exact: boolean, bound: number): Value {
    const { dtype, shape } = this.builder.type(id);
    return { id, dtype, shape, exact: dtype === 'f32' || dtype === 'f64' ? exact : true, bound };
  }

  /** The value, or one made from it that is within the limits. */
  tame(value: Value): Value {
    const { id, dtype, shape, exact, bound } = value;
    const b = this.builder;
    if (dtype === 'bool' || dtype === 'u32') return value;
    if (!exact && bound > realLimit) return { ...value, id: b.plain('tanh', id), bound: 1 };
    if (exact && bound > exactLimit) {
      const low = b.plain('max', id, b.fill(dtype, shape, -7));
      return { ...value, id: b.plain('min', low, b.fill(dtype, shape, 7)), bound: 7 };
    }
    return value;
  }

  /** One of the values that pass, the latest most likely; undefined if none does. */
  find(passes: (value: Value) => boolean): Value | undefined {
    const found = this.values.filter(passes);
    if (found.length === 0) return undefined;
    const back = this.tape.once(3) ? this.tape.below(found.length) : this.tape.below(Math.min(4, found.length));
    return found[found.length - 1 - back];
  }

  /** A value of the same dtype and shape: one that exists, one broadcast from fewer axes, or a repeated number. */
  alike(x: Value, passes: (value: Value) => boolean = () => true): Value {
    const { dtype, shape } = x;
    const choice = this.tape.below(4);
    if (choice < 3) {
      const same = this.find((value) => value.dtype === dtype && sameShape(value.shape, shape) && passes(value));
      if (same !== undefined && choice < 2) return same;
      const suffix = this.find(
        (value) =>
          value.dtype === dtype &&
          value.shape.length < shape.length &&
          sameShape(value.shape, shape.slice(shape.length - value.shape.length)) &&
          passes(value),
      );
      if (suffix !== undefined) {
        const skipped = shape.length - suffix.shape.length;
        const id = this.builder.broadcast(
          suffix.id,
          shape,
          suffix.shape.map((_, axis) => axis + skipped),
        );
        return this.describe(id, suffix.exact, suffix.bound);
      }
      if (same !== undefined) return same;
    }
    const number = dtype === 'bool' ? this.tape.below(2) : this.tape.below(dtype === 'u32' ? 5 : 4);
    const signed = dtype === 'f32' || dtype === 'i32' ? number - 1 : number;
    return this.describe(this.builder.fill(dtype, shape, signed), true, Math.abs(signed));
  }

  /** Elements of a shape with its names bound. */
  count(shape: Shape): number {
    return shape.reduce<number>((product, dim) => product * this.size(dim), 1);
  }

  /** A dimension as a number. */
  size(dim: number | string): number {
    return typeof dim === 'number' ? dim : (this.context.dims[dim] ?? 1);
  }

  /** True if a value of this shape is not too large. */
  fits(shape: Shape): boolean {
    return shape.length <= 5 && this.count(shape) <= this.context.largest;
  }
}
