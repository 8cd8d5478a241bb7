/** Reverse mode against central differences in double, through the scan, for every form of every cell. */
import { gradient, inlineProgram, reduceSum, square, trace } from '@rheo/core';
import { evaluate } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../src/index.ts';
import { autoNcp, cfc, forwardFill, linear, lstm, sequential } from '../src/index.ts';
import type { Inputs } from './run-model.ts';
import { filled, numbers, someParameters, traced } from './run-model.ts';

const batch = 2;
const time = 3;
const features = 2;
const values = filled([batch, time, features], 1);
const dt = { shape: [batch, time], data: [0.3, 0, 1.2, 0.7, 0.1, 2] };
const small = { units: 3, backboneUnits: 4 } as const;

const cases: Readonly<Record<string, readonly [Layer, Inputs]>> = {
  'cfc default': [cfc(small), { values, dt }],
  'cfc default, no time': [cfc(small), { values }],
  'cfc default, time per unit': [
    cfc(small),
    { values, dt: { shape: [batch, time, 3], data: numbers(18, 4).map(Math.abs) } },
  ],
  'cfc no_gate': [cfc({ ...small, mode: 'no_gate' }), { values, dt }],
  'cfc pure': [cfc({ ...small, mode: 'pure' }), { values, dt }],
  'cfc without backbone': [cfc({ units: 3, backboneLayers: 0 }), { values, dt }],
  'cfc, two backbone layers, gelu': [cfc({ ...small, backboneLayers: 2, backboneActivation: 'gelu' }), { values, dt }],
  'cfc softplus': [cfc({ ...small, backboneActivation: 'softplus' }), { values, dt }],
  'cfc silu': [cfc({ ...small, backboneActivation: 'silu' }), { values, dt }],
  'cfc of ncps-keras': [cfc({ ...small, variant: 'ncps-keras' }), { values, dt }],
  'cfc of official-tf': [cfc({ ...small, variant: 'official-tf' }), { values, dt }],
  'mixed memory before the state': [cfc({ ...small, mixedMemory: true }), { values, dt }],
  'mixed memory before the input': [cfc({ ...small, mixedMemory: 'before-input' }), { values, dt }],
  'wired cfc': [cfc({ wiring: autoNcp(7, 2, { seed: 3 }) }), { values, dt }],
  'wired cfc, no_gate, no time': [cfc({ wiring: autoNcp(7, 2, { seed: 3 }), mode: 'no_gate' }), { values }],
  'wired cfc, pure, of ncps-keras': [
    cfc({ wiring: autoNcp(7, 2, { seed: 3 }), mode: 'pure', variant: 'ncps-keras' }),
    { values, dt },
  ],
  'wired cfc, memory before the state': [cfc({ wiring: autoNcp(6, 1), mixedMemory: true }), { values, dt }],
  'wired cfc, memory before the input': [cfc({ wiring: autoNcp(6, 1), mixedMemory: 'before-input' }), { values, dt }],
  lstm: [lstm({ units: 3 }), { values }],
  'a stack with lengths': [
    sequential([cfc(small), linear(2), lstm({ units: 2 }), linear(1)]),
    { values, dt, lengths: [3, 1] },
  ],
  'the last output with a mask': [
    sequential([cfc({ ...small, returnSequences: false }), linear(1)]),
    { values, dt, mask: { shape: [batch, time], data: [1, 0, 1, 0, 1, 0] } },
  ],
  'forward fill with time since update': [
    sequential([
      forwardFill({ timeSinceUpdate: true }),
      cfc({ ...small, variant: 'official-torch', returnSequences: false }),
      linear(1),
    ]),
    { values, dt, mask: { shape: [batch, time, features], data: [1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0] } },
  ],
  backwards: [cfc({ ...small, goBackwards: true }), { values, dt, lengths: [2, 3] }],
};

describe('gradients equal differences', () => {
  it.each(Object.entries(cases))('%s', (_name, [model, inputs]) => {
    const { program: forward, arrays, parameters } = traced(model, inputs);
    const { program } = trace(
      (...operands) => {
        const [outputs] = inlineProgram(forward, operands as never);
        return outputs === undefined ? [] : reduceSum(square(outputs));
      },
      forward.params.map(({ type }) => type),
    );
    const weights = someParameters(model, features);
    const inputsOf = [...weights, ...arrays].map((data) => Float64Array.from(data));
    // Parameters and values; times and masks are given.
    const wrt = Array.from({ length: parameters.leaves.length + 1 }, (_, index) => index);
    const [, ...gradients] = evaluate(gradient(program, { of: 0, wrt }), inputsOf);
    const loss = (): number => Number(evaluate(program, inputsOf)[0]?.[0]);
    const step = 1e-5;
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
        const path = parameters.paths[index] ?? 'values';
        expect(Math.abs(Number(gradients[index]?.[at]) - wanted), `${path}[${at}]`).toBeLessThan(
          1e-7 * Math.max(1, Math.abs(wanted)),
        );
      });
    }
    expect(largest).toBeGreaterThan(1e-3);
  });
});
