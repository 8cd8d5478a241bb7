/**
 * Random verified Programs with inputs, for fast-check: all ops, scans in scans, named dimensions, values of sane size.
 *
 * What they promise: every float is of the order of 1 or an exact integer, and nothing that jumps is decided by a float
 * that is not exact; so a backend may be compared by the rule for whole Programs.
 */

import type { Dim, DType, TensorData } from '@rheo/ir';
import { elementCount, substituteDims } from '@rheo/ir';
import fc from 'fast-check';
import type { Example } from '../example.ts';
import { fillWith, randomFrom } from '../random-source.ts';
import { grow } from './grow.ts';
import { Scope } from './scope.ts';
import { Tape } from './tape.ts';

/** How large Programs become. */
export interface ProgramOptions {
  /** Most steps of the outermost Program; 24 unless given. */
  readonly size?: number;
  /** How deep scans nest; 2 unless given. */
  readonly depth?: number;
  /** Most elements of a value; 240 unless given. */
  readonly elements?: number;
  /** Whether shapes may have named dimensions; true unless given. */
  readonly named?: boolean;
}

interface Input {
  readonly dtype: DType;
  readonly exact: boolean;
  /** Exact inputs are integers of −bound … bound. */
  readonly bound: number;
  /** Shape to take in place of a random one. */
  readonly shape?: readonly Dim[];
}

const inputs: readonly Input[] = [
  { dtype: 'f32', exact: false, bound: 1 },
  { dtype: 'f32', exact: false, bound: 1 },
  { dtype: 'f32', exact: true, bound: 4 },
  { dtype: 'i32', exact: true, bound: 4 },
  { dtype: 'i32', exact: true, bound: 4, shape: [] },
  { dtype: 'bool', exact: true, bound: 1 },
  { dtype: 'u32', exact: true, bound: 2 ** 32 - 1, shape: [2] },
];

/** Programs with inputs and the numbers of their named dimensions. Shrinks towards few ops, inputs and elements. */
export function arbitraryProgram(options: ProgramOptions = {}): fc.Arbitrary<Example> {
  const { size = 24 } = options;
  return fc
    .array(fc.nat({ max: 4095 }), { minLength: 0, maxLength: 14 * size, size: 'max' })
    .map((cells) => generate(cells, options));
}

/** The Program that a tape describes. */
export function generate(cells: readonly number[], options: ProgramOptions = {}): Example {
  const { size = 24, depth = 2, elements = 240, named = true } = options;
  const tape = new Tape(cells);
  const dims: Record<string, number> = named && tape.once(3) ? { batch: 1 + tape.below(4), time: tape.below(4) } : {};
  const scope = new Scope({ tape, dims, largest: elements, grow }, depth);
  const sizes: readonly Dim[] = [3, 2, 4, 1, 5, 8, 7, 3, 2, 4, 0, ...Object.keys(dims)];
  const wanted = inputs.filter((_, index) => index === 0 || !tape.once(4));
  const drawn = wanted.map((input) => {
    const shape = input.shape ?? Array.from({ length: tape.below(4) }, () => tape.pick(sizes));
    const fits = scope.fits(shape) ? shape : shape.slice(0, 1);
    scope.param(input.dtype, fits, input.exact, input.bound);
    return { ...input, shape: fits };
  });
  const given = scope.values.length;
  grow(scope, 1 + tape.below(size));
  const made = scope.values.slice(given);
  const results = new Set([...made.slice(-3), ...made.filter(() => tape.once(3)).slice(-4)].map(({ id }) => id));
  if (results.size === 0) results.add(scope.builder.plain('neg', 0));
  const random = randomFrom(cells.join());
  return {
    program: scope.builder.build([...results]),
    inputs: drawn.map(({ dtype, shape, exact, bound: limit }): TensorData => {
      const count = elementCount(substituteDims({ dtype, shape }, dims).shape);
      return fillWith(dtype, count, () => {
        if (!exact) return limit * (2 * random.uniform() - 1);
        return dtype === 'bool' || dtype === 'u32' ? random.below(limit + 1) : random.below(2 * limit + 1) - limit;
      });
    }),
    ...(named && Object.keys(dims).length > 0 ? { dims } : {}),
  };
}
