import { describe, expect, test } from 'vitest';
import type { Attributes, EvaluateOptions, Op } from '../src/index.ts';
import { evaluate, ops, ProgramBuilder, threefry2x32 } from '../src/index.ts';
import { typeOf } from './type-of.ts';

type Operand = readonly [type: string, values: readonly number[]];

const tested = new Set<Op>();

/** Values that one op gives for operands; none of them may be changed by it. */
function run<K extends Op>(
  op: K,
  attributes: Attributes[K],
  operands: readonly Operand[],
  options: EvaluateOptions = {},
): number[] {
  tested.add(op);
  const builder = new ProgramBuilder();
  const ids = operands.map(([type]) => builder.param(typeOf(type)));
  const program = builder.build([builder.one(op, ids, attributes)]);
  const inputs = operands.map(([, values]) => [...values]);
  const [result] = evaluate(program, inputs, options);
  expect(inputs).toEqual(operands.map(([, values]) => values));
  return Array.from(result ?? []);
}

const none = {} as never;
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;

describe('sources', () => {
  test('constant keeps f32 in double, and rounds it once in single', () => {
    const attributes = { dtype: 'f32', shape: [2], value: [0.1, -0] } as const;
    expect(run('constant', attributes, [])).toEqual([0.1, -0]);
    expect(run('constant', attributes, [], { precision: 'single' })).toEqual([Math.fround(0.1), -0]);
    expect(run('constant', { dtype: 'f64', shape: [1], value: [0.1] }, [], { precision: 'single' })).toEqual([0.1]);
  });

  test('iota counts along its axis', () => {
    expect(run('iota', { dtype: 'i32', shape: [2, 3], axis: 1 }, [])).toEqual([0, 1, 2, 0, 1, 2]);
    expect(run('iota', { dtype: 'f32', shape: [2, 3], axis: 0 }, [])).toEqual([0, 0, 0, 1, 1, 1]);
    expect(run('iota', { dtype: 'u32', shape: ['n'], axis: 0 }, [], { dims: { n: 2 } })).toEqual([0, 1]);
  });

  test('dimension is the size behind a name', () => {
    expect(run('dimension', { name: 'time' }, [], { dims: { time: 9 } })).toEqual([9]);
  });
});

describe('elementwise', () => {
  // To 16 digits, from tables of these functions.
  test.each<[Op, number, number]>([
    ['neg', 2, -2],
    ['abs', -2, 2],
    ['floor', -1.5, -2],
    ['exp', 2, 7.38905609893065],
    ['expm1', 1e-10, 1.00000000005e-10],
    ['log', 3, 1.0986122886681098],
    ['log1p', 1e-10, 9.9999999995e-11],
    ['sin', 1, 0.8414709848078965],
    ['cos', 1, 0.5403023058681398],
    ['sqrt', 3, 1.7320508075688772],
    ['tanh', 1, 0.7615941559557649],
    ['logistic', 1, 0.7310585786300049],
    ['logistic', -40, 4.248354255291589e-18],
    ['erf', 0.5, 0.5204998778130465],
    ['erf', -1, -0.8427007929497149],
    ['erf', 1e-9, 1.1283791670955127e-9],
    ['erf', 1.99, 0.995111413199617],
    ['erf', 2, 0.9953222650189527],
    ['erf', 2.5, 0.999593047982555],
    ['erf', 3.5, 0.9999992569016276],
    ['erf', 9, 1],
  ])('%s(%s)', (op, x, y) => {
    const [found = nan] = run(op, none, [['f64[1]', [x]]]);
    expect(Math.abs(found / y - 1)).toBeLessThan(1e-15);
  });

  test.each<[Op, number[], number[]]>([
    ['sign', [-3, 0, 0.5, nan], [-1, 0, 1, nan]],
    ['logistic', [-infinity, -1000, 1000, infinity, nan], [0, 0, 1, 1, nan]],
    ['erf', [-infinity, infinity, 0, nan], [-1, 1, 0, nan]],
    ['sqrt', [-1], [nan]],
    ['log', [0, -1], [-infinity, nan]],
    ['log1p', [-1], [-infinity]],
    ['exp', [-infinity, infinity], [0, infinity]],
    ['tanh', [-infinity, infinity], [-1, 1]],
  ])('%s at its edges', (op, x, y) => {
    expect(run(op, none, [[`f32[${x.length}]`, x]])).toEqual(y);
  });

  test('i32 has neg, abs and sign, which wrap', () => {
    const x: Operand = ['i32[3]', [lowest, -5, 7]];
    expect(run('neg', none, [x])).toEqual([lowest, 5, -7]);
    expect(run('abs', none, [x])).toEqual([lowest, 5, 7]);
    expect(run('sign', none, [x])).toEqual([-1, -1, 1]);
  });

  test.each<[Op, number[]]>([
    ['add', [5, -1, nan]],
    ['sub', [1, -5, nan]],
    ['mul', [6, -6, nan]],
    ['div', [1.5, -1.5, nan]],
    ['max', [3, 2, nan]],
    ['min', [2, -3, nan]],
    ['eq', [0, 0, 0]],
    ['lt', [0, 1, 0]],
    ['le', [0, 1, 0]],
  ])('%s', (op, expected) => {
    expect(
      run(op, none, [
        ['f32[3]', [3, -3, nan]],
        ['f32[3]', [2, 2, 1]],
      ]),
    ).toEqual(expected);
  });

  test('division by zero, and equal operands', () => {
    expect(
      run('div', none, [
        ['f32[3]', [1, -1, 0]],
        ['f32[3]', [0, 0, 0]],
      ]),
    ).toEqual([infinity, -infinity, nan]);
    for (const op of ['eq', 'le'] as const)
      expect(
        run(op, none, [
          ['i32', [4]],
          ['i32', [4]],
        ]),
      ).toEqual([1]);
    expect(
      run('lt', none, [
        ['u32[2]', [4, 1]],
        ['u32[2]', [4, 2 ** 32 - 1]],
      ]),
    ).toEqual([0, 1]);
    expect(
      run('eq', none, [
        ['bool[2]', [0, 1]],
        ['bool[2]', [0, 0]],
      ]),
    ).toEqual([1, 0]);
  });

  test('integers wrap at 32 bits', () => {
    const [a, b]: [Operand, Operand] = [
      ['i32[2]', [highest, 123456789]],
      ['i32[2]', [1, 987654321]],
    ];
    expect(run('add', none, [a, b])).toEqual([lowest, 1111111110]);
    expect(run('sub', none, [b, a])).toEqual([-highest + 1, 864197532]);
    expect(run('mul', none, [a, b])).toEqual([highest, Number(BigInt.asIntN(32, 123456789n * 987654321n))]);
    const [c, d]: [Operand, Operand] = [
      ['u32[2]', [2 ** 32 - 1, 4000000000]],
      ['u32[2]', [2, 4000000000]],
    ];
    expect(run('add', none, [c, d])).toEqual([1, Number(BigInt.asUintN(32, 8000000000n))]);
    expect(run('sub', none, [d, c])).toEqual([3, 0]);
    expect(run('mul', none, [c, d])).toEqual([2 ** 32 - 2, Number(BigInt.asUintN(32, 4000000000n ** 2n))]);
  });

  test('and, or, not, select', () => {
    const [a, b]: [Operand, Operand] = [
      ['bool[4]', [0, 0, 1, 1]],
      ['bool[4]', [0, 1, 0, 1]],
    ];
    expect(run('and', none, [a, b])).toEqual([0, 0, 0, 1]);
    expect(run('or', none, [a, b])).toEqual([0, 1, 1, 1]);
    expect(run('not', none, [a])).toEqual([1, 1, 0, 0]);
    expect(
      run('select', none, [
        ['bool[2]', [1, 0]],
        ['f32[2]', [1, nan]],
        ['f32[2]', [nan, 2]],
      ]),
    ).toEqual([1, 2]);
  });

  test('convert truncates toward zero and saturates', () => {
    const x: Operand = ['f32[8]', [1.9, -1.9, 3e9, -3e9, nan, infinity, -infinity, -0]];
    expect(run('convert', { to: 'i32' }, [x])).toEqual([1, -1, highest, lowest, 0, highest, lowest, 0]);
    expect(run('convert', { to: 'bool' }, [x])).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(run('convert', { to: 'i32' }, [['u32[2]', [7, 2 ** 32 - 1]]])).toEqual([7, highest]);
    expect(run('convert', { to: 'f32' }, [['u32', [2 ** 32 - 1]]])).toEqual([2 ** 32 - 1]);
    expect(run('convert', { to: 'f32' }, [['u32', [2 ** 32 - 1]]], { precision: 'single' })).toEqual([2 ** 32]);
    expect(run('convert', { to: 'f32' }, [['f64', [0.1]]], { precision: 'single' })).toEqual([Math.fround(0.1)]);
    expect(run('convert', { to: 'f64' }, [['bool[2]', [0, 1]]])).toEqual([0, 1]);
    expect(run('convert', { to: 'f32' }, [['f32', [0.1]]])).toEqual([0.1]);
  });
});

describe('movement', () => {
  const x: Operand = ['f32[2,3]', [1, 2, 3, 4, 5, 6]];

  test('along offsets', () => {
    expect(run('reshape', { shape: [3, 2] }, [x])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(run('transpose', { permutation: [1, 0] }, [x])).toEqual([1, 4, 2, 5, 3, 6]);
    expect(run('transpose', { permutation: [2, 0, 1] }, [['i32[2,2,2]', [0, 1, 2, 3, 4, 5, 6, 7]]])).toEqual([
      0, 2, 4, 6, 1, 3, 5, 7,
    ]);
    expect(run('broadcast', { shape: [2, 2], axes: [1] }, [['f32[2]', [1, 2]]])).toEqual([1, 2, 1, 2]);
    expect(run('broadcast', { shape: [2, 2], axes: [0] }, [['f32[2]', [1, 2]]])).toEqual([1, 1, 2, 2]);
    expect(run('broadcast', { shape: [3], axes: [] }, [['bool', [1]]])).toEqual([1, 1, 1]);
    expect(run('broadcast', { shape: [0, 3], axes: [1] }, [['f32[3]', [1, 2, 3]]])).toEqual([]);
    expect(run('slice', { axis: 1, start: 1, limit: 3 }, [x])).toEqual([2, 3, 5, 6]);
    expect(run('slice', { axis: 0, start: 2, limit: 2 }, [x])).toEqual([]);
    expect(run('pad', { axis: 1, low: 1, high: 0 }, [x])).toEqual([0, 1, 2, 3, 0, 4, 5, 6]);
    expect(run('pad', { axis: 0, low: 0, high: 1 }, [x])).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0]);
    expect(run('concat', { axis: 1 }, [x, ['f32[2,1]', [7, 8]]])).toEqual([1, 2, 3, 7, 4, 5, 6, 8]);
    expect(
      run('concat', { axis: 0 }, [
        ['f32[0]', []],
        ['f32[1]', [7]],
        ['f32[2]', [8, 9]],
      ]),
    ).toEqual([7, 8, 9]);
    expect(run('reverse', { axis: 1 }, [x])).toEqual([3, 2, 1, 6, 5, 4]);
    expect(run('reverse', { axis: 0 }, [['f32[n]', [1, 2, 3]]])).toEqual([3, 2, 1]);
  });

  test('gather clamps', () => {
    const index: Operand = ['i32[4]', [2, -7, 9, 0]];
    expect(run('gather', { axis: 1 }, [x, index])).toEqual([3, 1, 3, 1, 6, 4, 6, 4]);
    expect(run('gather', { axis: 0 }, [x, ['i32', [1]]])).toEqual([4, 5, 6]);
    expect(
      run('gather', { axis: 0 }, [
        ['bool[2]', [0, 1]],
        ['i32[2,1]', [1, 0]],
      ]),
    ).toEqual([1, 0]);
  });

  test('scatter_add adds repeats, clamps, and leaves zeros', () => {
    const index: Operand = ['i32[3]', [1, 1, 99]];
    expect(run('scatter_add', { axis: 1, size: 4 }, [x, index])).toEqual([0, 3, 0, 3, 0, 9, 0, 6]);
    expect(
      run('scatter_add', { axis: 0, size: 2 }, [
        ['i32[3]', [highest, 1, 5]],
        ['i32[3]', [0, 0, -1]],
      ]),
    ).toEqual([lowest + 5, 0]);
    expect(
      run(
        'scatter_add',
        { axis: 0, size: 'n' },
        [
          ['f32', [2]],
          ['i32', [1]],
        ],
        { dims: { n: 2 } },
      ),
    ).toEqual([0, 2]);
  });
});

describe('reductions', () => {
  const x: Operand = ['f32[2,3]', [1, 5, 3, 4, 2, 5]];

  test('reduce_sum', () => {
    expect(run('reduce_sum', { axes: [1] }, [x])).toEqual([9, 11]);
    expect(run('reduce_sum', { axes: [1, 0] }, [x])).toEqual([20]);
    expect(run('reduce_sum', { axes: [] }, [x])).toEqual(x[1]);
    expect(run('reduce_sum', { axes: [0] }, [['f32[0,2]', []]])).toEqual([0, 0]);
    expect(run('reduce_sum', { axes: [0] }, [['i32[2]', [highest, 1]]])).toEqual([lowest]);
  });

  test('reduce_max lets NaN through', () => {
    expect(run('reduce_max', { axes: [0] }, [x])).toEqual([4, 5, 5]);
    expect(run('reduce_max', { axes: [0] }, [['f32[3]', [-infinity, -2, -3]]])).toEqual([-2]);
    expect(run('reduce_max', { axes: [0] }, [['f32[3]', [1, nan, 3]]])).toEqual([nan]);
    expect(run('reduce_max', { axes: [0] }, [['i32[2]', [lowest, lowest]]])).toEqual([lowest]);
  });

  test('argmax takes the lowest index at ties', () => {
    expect(run('argmax', { axis: 0 }, [x])).toEqual([1, 0, 1]);
    expect(run('argmax', { axis: 1 }, [['f32[2,3]', [1, 5, 5, 7, 7, 7]]])).toEqual([1, 0]);
    expect(run('argmax', { axis: 0 }, [['f32[2]', [-infinity, -infinity]]])).toEqual([0]);
  });

  test('sums of f32 in single are rounded once', () => {
    const values = [1, 2 ** -24, 2 ** -24];
    for (const precision of ['double', 'single'] as const) {
      expect(run('reduce_sum', { axes: [0] }, [['f32[3]', values]], { precision })).toEqual([1 + 2 ** -23]);
      const ones: Operand = ['f32[3]', [1, 1, 1]];
      expect(run('dot', { contract: [[0], [0]], batch: [[], []] }, [['f32[3]', values], ones], { precision })).toEqual([
        1 + 2 ** -23,
      ]);
      const index: Operand = ['i32[3]', [0, 0, 0]];
      expect(run('scatter_add', { axis: 0, size: 1 }, [['f32[3]', values], index], { precision })).toEqual([
        1 + 2 ** -23,
      ]);
    }
  });
});

describe('dot', () => {
  test('matrices, vectors and outer products', () => {
    const a: Operand = ['f32[2,3]', [1, 2, 3, 4, 5, 6]];
    const b: Operand = ['f32[3,2]', [1, 0, 0, 1, 1, 1]];
    expect(run('dot', { contract: [[1], [0]], batch: [[], []] }, [a, b])).toEqual([4, 5, 10, 11]);
    expect(run('dot', { contract: [[0], [1]], batch: [[], []] }, [a, b])).toEqual([1, 4, 5, 2, 5, 7, 3, 6, 9]);
    expect(
      run(
        'dot',
        {
          contract: [
            [1, 0],
            [0, 1],
          ],
          batch: [[], []],
        },
        [a, b],
      ),
    ).toEqual([1 + 3 + 5 + 6]);
    expect(
      run('dot', { contract: [[], []], batch: [[], []] }, [
        ['f32[2]', [2, 3]],
        ['f32', [4]],
      ]),
    ).toEqual([8, 12]);
    expect(
      run('dot', { contract: [[1], [0]], batch: [[], []] }, [
        ['f32[2,0]', []],
        ['f32[0,1]', []],
      ]),
    ).toEqual([0, 0]);
    expect(
      run('dot', { contract: [[1], [0]], batch: [[], []] }, [
        ['f32[0,2]', []],
        ['f32[2,1]', [1, 2]],
      ]),
    ).toEqual([]);
  });

  test('with batch, free and two contracted axes in any order equals its definition', () => {
    // left [k, b, m, j], right [j, n, k, b]: batch b, contract k and j.
    const [B, M, N, K, J] = [2, 3, 2, 2, 3];
    const left = Array.from({ length: K * B * M * J }, (_, i) => Math.sin(i));
    const right = Array.from({ length: J * N * K * B }, (_, i) => Math.cos(i));
    const expected: number[] = [];
    for (let b = 0; b < B; b++)
      for (let m = 0; m < M; m++)
        for (let n = 0; n < N; n++) {
          let sum = 0;
          for (let k = 0; k < K; k++)
            for (let j = 0; j < J; j++)
              sum += (left[((k * B + b) * M + m) * J + j] ?? nan) * (right[((j * N + n) * K + k) * B + b] ?? nan);
          expected.push(sum);
        }
    const found = run(
      'dot',
      {
        contract: [
          [0, 3],
          [2, 0],
        ],
        batch: [[1], [3]],
      },
      [
        [`f64[${K},${B},${M},${J}]`, left],
        [`f64[${J},${N},${K},${B}]`, right],
      ],
    );
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] ?? nan, 14);
  });
});

test('random_bits are the upper bits of the first word', () => {
  const operands: Operand[] = [
    ['u32[2]', [0x13198a2e, 0x03707344]],
    ['u32[2]', [0x243f6a88, 0]],
    ['u32[2]', [0x85a308d3, 1]],
  ];
  const second = threefry2x32(0x13198a2e, 0x03707344, 0, 1)[0];
  expect(run('random_bits', { bits: 32 }, operands)).toEqual([0xc4923a9c, second]);
  expect(run('random_bits', { bits: 24 }, operands)).toEqual([0xc4923a, second >>> 8]);
  expect(run('random_bits', { bits: 1 }, operands)).toEqual([1, second >>> 31]);
});

test('every op but those with nested Programs was run above', () => {
  expect(ops.filter((op) => !tested.has(op))).toEqual(['scan', 'while', 'call']);
});
