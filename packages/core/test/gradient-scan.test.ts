import type { Instruction, Program } from '@rheo/ir';
import { evaluate, print, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../src/index.ts';
import {
  add,
  convert,
  dot,
  exp,
  gather,
  gradient,
  iota,
  logSoftmax,
  lt,
  matmul,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  select,
  sin,
  stopGradient,
  sub,
  tanh,
  trace,
  zeros,
} from '../src/index.ts';
import type { CfcWeights, LtcWeights } from './cells.ts';
import { cfcStep, ltcUnfold } from './cells.ts';
import { expectGradient, expectProgramGradient, gradientLoss, lossProgram, values } from './finite-differences.ts';

const [T, B, F, H, U] = [4, 2, 3, 3, 4];
const cfcInputs = [
  values([F + H, U], 1),
  values([U], 2),
  values([U, 4 * H], 3),
  values([4 * H], 4),
  values([B, H], 5),
  values([T, B, F], 6),
  values([T, B, 1], 7, 0.2, 1.5),
];

function cfc(...[w1, b1, wo, bo, h, xs, ds]: Tensor[]): [Tensor, Tensor] {
  const weights = { w1, b1, wo, bo } as CfcWeights;
  return scan(
    (state: Tensor, [x, d]: Tensor[]) => {
      const next = cfcStep(weights, state, x as Tensor, d as Tensor);
      return [next, next];
    },
    h as Tensor,
    [xs, ds] as Tensor[],
  );
}

function scansOf(program: Program): Extract<Instruction, { op: 'scan' }>[] {
  return program.instructions.filter((instruction) => instruction.op === 'scan');
}

describe('gradient through scan', () => {
  it('agrees with differences for CfC: weights, state, inputs and times', () => {
    expectGradient(cfc, cfcInputs);
  });

  it('keeps t, f1, f2 and g of a CfC step and nothing else', () => {
    const types = cfcInputs.map(({ shape }) => tensorType('f32', shape));
    const { program } = trace((...inputs: Tensor[]) => reduceSum(cfc(...inputs)[1]), types);
    const [forward, reverse] = scansOf(gradient(program, { of: 0, wrt: [0, 1, 2, 3] }));
    if (forward === undefined || reverse === undefined) throw new Error('two scans are expected');
    const stacked = forward.types.slice(1).map(({ shape }) => shape);
    expect(stacked).toEqual([
      [T, B, H],
      [T, B, U],
      [T, B, H],
      [T, B, H],
      [T, B, H],
    ]);
    expect(reverse.attributes.reverse).toBe(true);
    const ops = reverse.attributes.body.instructions.map(({ op }) => op);
    expect(ops.filter((op) => op === 'dot')).toHaveLength(4);
    expect(ops).not.toContain('tanh');
    expect(ops).not.toContain('logistic');
  });

  it('stacks the state itself only when no output gives it', () => {
    const types = cfcInputs.map(({ shape }) => tensorType('f32', shape));
    const { program } = trace((...inputs: Tensor[]) => reduceSum(cfc(...inputs)[0]), types);
    const [forward] = scansOf(gradient(program, { of: 0, wrt: [0] }));
    expect(forward?.types.slice(1)).toHaveLength(5);
  });

  it('prints the same Program twice', () => {
    const program = lossProgram(cfc, cfcInputs);
    const once = print(gradient(program, { of: 0, wrt: [0, 1, 2] }));
    expect(print(gradient(program, { of: 0, wrt: [0, 1, 2] }))).toBe(once);
    expect(print(gradient(lossProgram(cfc, cfcInputs), { of: 0, wrt: [0, 1, 2] }))).toBe(once);
  });
});
