/**
 * Gradients of every cell stay what they are, in double, with each pass alone, with each pass missing, and to second
 * order. That the gradients themselves equal differences is shown beside.
 */

import { tileProgram } from '@rheo/compiler';
import { add, gradient, inlineProgram, reduceSum, square, trace } from '@rheo/core';
import type { Program } from '@rheo/ir';
import { evaluate } from '@rheo/ir';
import { optimise, optionalPasses, passNames } from '@rheo/passes';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../src/index.ts';
import { autoNcp, cfc, lstm, ltc } from '../src/index.ts';
import { filled, someParameters, traced } from './run-model.ts';

const values = filled([2, 3, 2], 1);
const dt = { shape: [2, 3], data: [0.3, 0, 1.2, 0.7, 0.1, 2] };
const small = { units: 3, backboneUnits: 4 } as const;
const wiring = autoNcp(6, 1, { seed: 3 });

const models: Readonly<Record<string, Layer>> = {
  'cfc default': cfc(small),
  'cfc no_gate': cfc({ ...small, mode: 'no_gate' }),
  'cfc pure': cfc({ ...small, mode: 'pure' }),
  'memory before the state': cfc({ ...small, mixedMemory: true }),
  'memory before the input': cfc({ ...small, mixedMemory: 'before-input' }),
  'wired cfc': cfc({ wiring }),
  lstm: lstm({ units: 3 }),
  'ltc, dense': ltc({ wiring, odeUnfolds: 2, sparse: 'dense' }),
  'ltc, edges': ltc({ wiring, odeUnfolds: 2, sparse: 'edges' }),
};

/** Σ of squares of a Program's float results. */
function sumOfSquares(program: Program, from: number): Program {
  return trace(
    (...operands) =>
      inlineProgram(program, operands as never)
        .slice(from)
        .map((result) => reduceSum(square(result)))
        .reduce((total, item) => add(total, item)),
    program.params.map(({ type }) => type),
  ).program;
}

const settings: [string, Record<string, boolean>][] = passNames.flatMap((name) => [
  [`${name} alone`, Object.fromEntries(passNames.map((other) => [other, other === name]))],
  [`all but ${name}`, Object.fromEntries(passNames.map((other) => [other, other !== name]))],
]);

function expectSame(program: Program, inputs: readonly Float64Array[]): void {
  const plain = evaluate(program, inputs);
  const variants = settings.map(([setting, switches]): [string, Program] => [
    setting,
    optimise(program, { ...switches, inlineCalls: true }, optionalPasses),
  ]);
  const tiled = tileProgram(optimise(program), { rows: () => 1 });
  for (const [setting, variant] of [...variants, ['tiles of one row', tiled] as const]) {
    const changed = evaluate(variant, inputs);
    plain.forEach((wanted, result) => {
      wanted.forEach((x, at) => {
        const error = Math.abs(Number(changed[result]?.[at]) - x);
        expect(error, `${setting}: result ${result}[${at}]`).toBeLessThan(1e-10 * Math.max(1, Math.abs(x)));
      });
    });
  }
}

describe('gradients with each pass on and off', () => {
  it.each(Object.entries(models))('%s', (_name, model) => {
    const { program: forward, arrays, parameters } = traced(model, { values, dt });
    const wrt = Array.from({ length: parameters.leaves.length + 1 }, (_, index) => index);
    const inputs = [...someParameters(model, 2), ...arrays].map((data) => Float64Array.from(data));
    const first = gradient(sumOfSquares(forward, 0), { of: 0, wrt });
    expectSame(first, inputs);
    // Both rows apart, forward and backward. (A gradient's own gradient squares sums over rows: nothing to cut.)
    const { instructions } = tileProgram(optimise(first), { rows: () => 1 });
    expect(instructions.filter(({ op }) => op === 'scan').map(({ attributes }) => attributes)).toMatchObject([
      { carries: 0, length: 2 },
    ]);
  });

  it('second order', () => {
    const { program: forward, arrays } = traced(cfc(small), { values, dt });
    const inputs = [...someParameters(cfc(small), 2), ...arrays].map((data) => Float64Array.from(data));
    const first = gradient(sumOfSquares(forward, 0), { of: 0, wrt: [0, 2] });
    expectSame(gradient(sumOfSquares(first, 1), { of: 0, wrt: [0, 1] }), inputs);
  });
});
