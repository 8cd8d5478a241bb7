/** Reverse mode against central differences in double, through a whole model. */
import { gradient, inlineProgram, reduceSum, square, trace } from '@rheo/core';
import { evaluate } from '@rheo/ir';
import { expect } from 'vitest';
import type { Layer } from '../src/index.ts';
import type { Inputs } from './run-model.ts';
import { someParameters, traced } from './run-model.ts';

/** Expects the gradient of Σ output² by every parameter and by the values to equal differences. */
export function expectGradients(
  model: Layer,
  inputs: Inputs,
  { tolerance = 1e-7, step = 1e-5, parameters: given = undefined as number[][] | undefined } = {},
): void {
  const { program: forward, arrays, parameters } = traced(model, inputs);
  const { program } = trace(
    (...operands) => {
      const [outputs] = inlineProgram(forward, operands as never);
      return outputs === undefined ? [] : reduceSum(square(outputs));
    },
    forward.params.map(({ type }) => type),
  );
  const weights = given ?? someParameters(model, Number(inputs.values.shape[2]));
  const inputsOf = [...weights, ...arrays].map((data) => Float64Array.from(data));
  const wrt = Array.from({ length: parameters.leaves.length + 1 }, (_, index) => index);
  const [, ...gradients] = evaluate(gradient(program, { of: 0, wrt }), inputsOf);
  const loss = (): number => Number(evaluate(program, inputsOf)[0]?.[0]);
  let largest = 0;
  for (const index of wrt) {
    const data = inputsOf[index] ?? new Float64Array();
    data.forEach((x, at) => {
      data[at] = x + step;
      const above = loss();
      data[at] = x - step;
      const below = loss();
      data[at] = x;
      const wanted = (above - below) / (2 * step);
      largest = Math.max(largest, Math.abs(wanted));
      const error = Math.abs(Number(gradients[index]?.[at]) - wanted);
      const path = parameters.paths[index] ?? 'values';
      expect(error, `${path}[${at}]`).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted)));
    });
  }
  expect(largest).toBeGreaterThan(1e-3);
}
