/**
 * Compares gradients with central differences in double, on the reference interpreter.
 */

import type { Program } from '@rheo/ir';
import { evaluate, tensorType, verify } from '@rheo/ir';
import { expect } from 'vitest';
import type { Tensor } from '../src/index.ts';
import { add, flattenTree, full, gradient, inlineProgram, iota, mul, reduceSum, sin, trace } from '../src/index.ts';

export interface Input {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Values between low and high, the same in every run. */
export function values(shape: readonly number[], seed: number, low: number = -1, high: number = 1): Input {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const data = Array.from({ length: count }, (_, index) => {
    const wave = Math.sin((index + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return low + (high - low) * (wave - Math.floor(wave));
  });
  return { shape, data };
}

/** A scalar that depends on every element of every float result, with unequal weights. */
export function weighted(results: readonly Tensor[]): Tensor {
  return results
    .filter(({ dtype }) => dtype === 'f32')
    .map((result, index) => {
      const flat = result.shape.length === 0 ? full([], 1) : iota(result.shape, result.shape.length - 1, 'f32');
      const first = result.shape.length < 2 ? full([], 0.3) : mul(iota(result.shape, 0, 'f32'), 0.7);
      return reduceSum(mul(result, sin(add(add(flat, first), 1 + index))));
    })
    .reduce((total, item) => add(total, item), full([], 0));
}

/** The Program of a weighted sum of what `fn` returns. */
export function lossProgram(fn: (...inputs: Tensor[]) => unknown, inputs: readonly Input[]): Program {
  const types = inputs.map(({ shape }) => tensorType('f32', shape));
  return trace((...tensors: Tensor[]) => weighted(flattenTree(fn(...tensors) as Tensor).leaves), types).program;
}

/** Expects the gradient of a loss by all inputs to agree with differences; returns the gradient Program. */
export function expectGradient(
  fn: (...inputs: Tensor[]) => unknown,
  inputs: readonly Input[],
  options: { readonly tolerance?: number; readonly step?: number } = {},
): Program {
  return expectProgramGradient(lossProgram(fn, inputs), inputs, options);
}

/** A gradient Program that agreed with differences, with the inputs that it was tried on. */
export interface CheckedGradient {
  readonly program: Program;
  readonly inputs: readonly (readonly number[])[];
}

/** All that agreed so far, in the order of the tests: backends are compared on them. */
export const checkedGradients: CheckedGradient[] = [];

export function expectProgramGradient(
  loss: Program,
  inputs: readonly Input[],
  { tolerance = 2e-8, step = 1e-5 }: { readonly tolerance?: number; readonly step?: number } = {},
): Program {
  verify(loss);
  const program = gradient(loss, { of: 0, wrt: inputs.map((_, index) => index) });
  verify(program);
  const data = inputs.map((input) => [...input.data]);
  const [value, ...found] = evaluate(program, data).map((result) => Array.from(result));
  expect(value).toEqual(Array.from(evaluate(loss, data)[0] ?? []));
  const at = (): number => evaluate(loss, data)[0]?.[0] ?? Number.NaN;
  data.forEach((array, position) => {
    array.forEach((original, index) => {
      array[index] = original + step;
      const above = at();
      array[index] = original - step;
      const below = at();
      array[index] = original;
      const difference = (above - below) / (2 * step);
      const got = found[position]?.[index] ?? Number.NaN;
      const error = Math.abs(got - difference) / (1 + Math.abs(difference));
      expect(error, `input ${position} element ${index}: gradient ${got}, difference ${difference}`).toBeLessThan(
        tolerance,
      );
    });
  });
  checkedGradients.push({ program, inputs: data });
  return program;
}

/** The Program of a weighted sum of the first gradients, whose gradient is of second order. */
export function gradientLoss(loss: Program, inputs: readonly Input[]): Program {
  const first = gradient(loss, { of: 0, wrt: inputs.map((_, index) => index) });
  return lossProgram((...tensors) => inlineProgram(first, tensors).slice(1), inputs);
}
