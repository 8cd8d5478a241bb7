import type { Op, Program } from '@rheo/ir';
import { evaluate, nestedPrograms, ops, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { gradientRules } from '../src/gradient/rules.ts';
import type { Tensor } from '../src/index.ts';
import {
  abs,
  add,
  broadcast,
  call,
  clip,
  concat,
  constant,
  convert,
  cos,
  div,
  dot,
  erf,
  exp,
  expm1,
  floor,
  gather,
  gelu,
  gradient,
  iota,
  lecunTanh,
  log,
  log1p,
  logistic,
  logSoftmax,
  logSumExp,
  lt,
  matmul,
  max,
  min,
  mul,
  neg,
  pad,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  reverse,
  scan,
  scatterAdd,
  select,
  sign,
  silu,
  sin,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  stack,
  sub,
  tanh,
  trace,
  transpose,
} from '../src/index.ts';
import type { Input } from './finite-differences.ts';
import { expectGradient, lossProgram, values } from './finite-differences.ts';

const a = values([2, 3], 1);
const b = values([2, 3], 2, 0.5, 1.5);
const cube = values([2, 3, 4], 3);

type Case = readonly [name: string, fn: (...inputs: Tensor[]) => unknown, inputs: readonly Input[]];

const unary: readonly Case[] = Object.entries({
  neg,
  abs,
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  sqrt,
  tanh,
  logistic,
  erf,
}).map(([name, fn]) => [name, (x: Tensor) => fn(x), [b]]);

const cases: readonly Case[] = [
  ...unary,
  ['abs and sign of negatives', (x) => mul(abs(x as Tensor), sign(x as Tensor)), [a]],
  ['add', (x, y) => add(x as Tensor, y as Tensor), [a, b]],
  ['sub', (x, y) => sub(x as Tensor, y as Tensor), [a, b]],
  ['mul', (x, y) => mul(x as Tensor, y as Tensor), [a, b]],
  ['mul by itself', (x) => mul(x as Tensor, x as Tensor), [a]],
  ['div', (x, y) => div(x as Tensor, y as Tensor), [a, b]],
  ['max', (x, y) => max(x as Tensor, y as Tensor), [a, values([2, 3], 8)]],
  ['min', (x, y) => min(x as Tensor, y as Tensor), [a, values([2, 3], 8)]],
  ['select', (x, y) => select(lt(x as Tensor, 0.1), x as Tensor, y as Tensor), [a, b]],
  ['convert', (x) => convert(convert(x as Tensor, 'f64'), 'f32'), [a]],
  [
    'reshape',
    (x) =>
      mul(
        reshape(x as Tensor, [3, 2]),
        constant([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      ),
    [a],
  ],
  ['transpose', (x) => transpose(x as Tensor, [2, 0, 1]), [cube]],
  ['broadcast', (x) => broadcast(x as Tensor, [2, 5, 3], [0, 2]), [a]],
  ['aligned shapes', (x, y) => mul(x as Tensor, y as Tensor), [values([2, 1, 4], 5), values([3, 1], 6)]],
  ['slice', (x) => slice(x as Tensor, { axis: 1, start: 1, limit: 3 }), [cube]],
  [
    'slices that overlap',
    (x) => mul(slice(x as Tensor, { axis: 1, limit: 2 }), slice(x as Tensor, { axis: 1, start: 1 })),
    [a],
  ],
  [
    'slices apart with a gap',
    (x) => [slice(x as Tensor, { axis: 2, start: 3 }), mul(slice(x as Tensor, { axis: 2, start: 1, limit: 2 }), 2)],
    [cube],
  ],
  ['pad', (x) => pad(x as Tensor, { axis: 1, low: 1, high: 2 }), [a]],
  ['concat', (x, y) => concat([x as Tensor, y as Tensor, x as Tensor], 1), [a, b]],
  ['reverse', (x) => reverse(x as Tensor, 1), [cube]],
  [
    'gather',
    (x) =>
      gather(
        x as Tensor,
        constant(
          [
            [2, 0],
            [2, 9],
          ],
          { dtype: 'i32' },
        ),
        1,
      ),
    [cube],
  ],
  ['scatter_add', (x) => scatterAdd(x as Tensor, constant([1, 4, 1], { dtype: 'i32' }), { axis: 1, size: 4 }), [cube]],
  ['reduce_sum', (x) => reduceSum(x as Tensor, [0, 2]), [cube]],
  ['reduce_max', (x) => reduceMax(x as Tensor, [0, 2]), [cube]],
  ['reduceMean', (x) => reduceMean(x as Tensor, 1), [cube]],
  ['matmul', (x, y) => matmul(x as Tensor, y as Tensor), [cube, values([4, 2], 9)]],
  [
    'dot with batch axes and scattered order',
    (x, y) =>
      dot(x as Tensor, y as Tensor, {
        contract: [
          [3, 0],
          [1, 2],
        ],
        batch: [[1], [3]],
      }),
    [values([2, 3, 4, 5], 10), values([2, 5, 2, 3], 11)],
  ],
  [
    'dot to a scalar',
    (x, y) =>
      dot(x as Tensor, y as Tensor, {
        contract: [
          [0, 1],
          [0, 1],
        ],
      }),
    [a, b],
  ],
  [
    'outer product',
    (x, y) => dot(x as Tensor, y as Tensor, { contract: [[], []] }),
    [values([3], 4), values([2, 2], 5)],
  ],
  [
    'scan',
    (x, y) => scan((s: Tensor, r: Tensor) => [mul(s, r), add(s, r)], x as Tensor, y as Tensor),
    [values([3], 1), a],
  ],
  ['call', (x) => call('part', (y: Tensor) => mul(y, y), x as Tensor), [a]],
  ['softplus', (x) => softplus(x as Tensor), [a]],
  ['silu', (x) => silu(x as Tensor), [a]],
  ['gelu', (x) => gelu(x as Tensor), [a]],
  ['lecunTanh', (x) => lecunTanh(x as Tensor), [a]],
  ['relu', (x) => relu(x as Tensor), [a]],
  ['clip', (x) => clip(x as Tensor, -0.3, 0.4), [a]],
  ['square', (x) => square(x as Tensor), [a]],
  ['logSumExp', (x) => logSumExp(x as Tensor, 1), [cube]],
  ['logSoftmax', (x) => logSoftmax(x as Tensor), [cube]],
  ['softmax', (x) => softmax(x as Tensor, 0), [cube]],
  ['stack', (x, y) => stack([x as Tensor, y as Tensor], 1), [a, b]],
];

describe('gradient rules agree with differences', () => {
  it.each(cases)('%s', (_name, fn, inputs) => {
    expectGradient(fn, inputs);
  });

  it('covers every op that has a rule, but while', () => {
    const seen = new Set<Op>(cases.flatMap(([, fn, inputs]) => opsOf(lossProgram(fn, inputs))));
    const missing = ops.filter((op) => gradientRules[op] !== 'none' && !seen.has(op));
    expect(missing).toEqual(['while']);
  });
});

function opsOf(program: Program): Op[] {
  return program.instructions.flatMap((instruction) => [instruction.op, ...nestedPrograms(instruction).flatMap(opsOf)]);
}

/** Gradient of the sum of a function at a point. */
function slopes(fn: (x: Tensor) => Tensor, at: readonly number[]): number[] {
  const { program } = trace((x: Tensor) => reduceSum(fn(x)), [tensorType('f32', [at.length])]);
  return Array.from(evaluate(gradient(program, { of: 0, wrt: [0] }), [at])[1] ?? []);
}

describe('gradient conventions', () => {
  it('gives one half to each side of a tie of max and min', () => {
    expect(slopes((x) => max(x, 0), [-1, 0, 2])).toEqual([0, 0.5, 1]);
    expect(slopes((x) => min(x, 0), [-1, 0, 2])).toEqual([1, 0.5, 0]);
    expect(slopes((x) => max(x, x), [3])).toEqual([1]);
  });

  it('gives 0 to |x| and relu at 0, and 1 to clip at its bounds', () => {
    expect(slopes(abs, [-2, 0, 2])).toEqual([-1, 0, 1]);
    expect(slopes(relu, [-2, 0, 2])).toEqual([0, 0, 1]);
    expect(slopes((x) => clip(x, 0, 1), [-1, 0, 0.5, 1, 2])).toEqual([0, 1, 1, 1, 0]);
  });

  it('shares the maximum equally among ties', () => {
    expect(slopes((x) => reduceMax(x), [1, 3, 3, 2])).toEqual([0, 0.5, 0.5, 0]);
  });

  it('has the slope of logistic for softplus, also at 0 and far out', () => {
    expect(slopes(softplus, [-800, 0, 800])).toEqual([0, 0.5, 1]);
  });

  it('adds up repeated positions of a gather', () => {
    const index = (): Tensor => constant([1, 1, 0, 1], { dtype: 'i32' });
    expect(slopes((x) => gather(x, index()), [5, 6, 7])).toEqual([1, 3, 0]);
  });

  it('passes nothing through comparisons, floor, sign and integers', () => {
    expect(slopes((x) => add(sign(x), convert(lt(x, 1), 'f32')), [0.5, 2])).toEqual([0, 0]);
    expect(slopes((x) => convert(convert(x, 'i32'), 'f32'), [0.5, 2])).toEqual([0, 0]);
    expect(slopes((x) => add(floor(x), x), [0.5, 2])).toEqual([1, 1]);
  });

  it('is infinite where sqrt is steep, not NaN', () => {
    expect(slopes(sqrt, [0, 4])).toEqual([Number.POSITIVE_INFINITY, 0.25]);
  });

  it('takes named dimensions', () => {
    const { program } = trace(
      (w: Tensor, x: Tensor) => reduceMean(mul(matmul(x, w), iota(['batch', 2], 1, 'f32'))),
      [tensorType('f32', [3, 2]), tensorType('f32', ['batch', 3])],
    );
    const found = evaluate(gradient(program, { of: 0, wrt: [0] }), [
      [0, 0, 0, 0, 0, 0],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(Array.from(found[1] ?? [])).toEqual([0, 1.25, 0, 1.75, 0, 2.25]);
  });
});
