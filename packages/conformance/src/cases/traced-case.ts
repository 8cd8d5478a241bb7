/**
 * Cases written as tensor functions and traced.
 */

import { type Tensor, trace } from '@rheo/core';
import type { DType, Program, Shape, TensorData, TensorType } from '@rheo/ir';
import { elementCount, isFloat, substituteDims } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase, Group } from '../conformance-case.ts';
import type { Random } from '../random-source.ts';
import { fillWith } from '../random-source.ts';
import type { Tolerance } from '../tolerance.ts';

/** What a traced case may set. */
export interface TracedOptions {
  readonly dims?: Readonly<Record<string, number>>;
  readonly tolerance?: Tolerance;
  /** Draws element `index` of input `input`; floats of −1 … 1 and integers of 0 … 3 unless given. */
  readonly draw?: (random: Random, dtype: DType, input: number, index: number) => number;
}

/** What a case traces. */
export type TraceFn = (...inputs: Tensor[]) => Tensor | Tensor[];

/** f32 of this shape. */
export function f32(...shape: Shape): TensorType {
  return { dtype: 'f32', shape };
}

/** i32 of this shape. */
export function i32(...shape: Shape): TensorType {
  return { dtype: 'i32', shape };
}

/** u32 of this shape. */
export function u32(...shape: Shape): TensorType {
  return { dtype: 'u32', shape };
}

/** bool of this shape. */
export function bool(...shape: Shape): TensorType {
  return { dtype: 'bool', shape };
}

/** A case that also tells what it traces, so that others can differentiate it. */
export interface TracedCase extends ConformanceCase {
  readonly traced: { readonly types: readonly TensorType[]; readonly fn: TraceFn; readonly options: TracedOptions };
}

/** A case that runs what `fn` traces to on random inputs of these types. */
export function tracedCase(
  group: Group,
  id: string,
  types: readonly TensorType[],
  fn: TraceFn,
  options: TracedOptions = {},
): TracedCase {
  const own = exampleCase(group, id, (random) => {
    const { dims, tolerance } = options;
    const { program } = trace(fn, types);
    const inputs = tracedInputs(program, random, options);
    return {
      program,
      inputs,
      ...(dims === undefined ? {} : { dims }),
      ...(tolerance === undefined ? {} : { tolerance }),
    };
  });
  return { ...own, traced: { types, fn, options } };
}

/** Inputs of a Program as the options say. */
export function tracedInputs(
  program: Program,
  random: Random,
  { draw = usual, dims }: TracedOptions = {},
): TensorData[] {
  return program.params.map(({ type }, input): TensorData => {
    const { dtype, shape } = substituteDims(type, dims ?? {});
    return fillWith(dtype, elementCount(shape), (index) => draw(random, dtype, input, index));
  });
}

function usual(random: Random, dtype: DType): number {
  if (isFloat(dtype)) return 2 * random.uniform() - 1;
  return random.below(dtype === 'bool' ? 2 : 4);
}

/** The tensors of nested lists as one list. */
export function flat(tree: readonly unknown[]): Tensor[] {
  return tree.flat(9) as Tensor[];
}
