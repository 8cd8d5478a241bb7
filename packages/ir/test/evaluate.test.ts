import { describe, expect, test } from 'vitest';
import { evaluate, ProgramBuilder, parse, tensorType } from '../src/index.ts';

const cumulative = (reverse: boolean, length: number | string): string => `
program(%0: f32[2], %1: f32[2], %2: f32[${length},2]) {
  %3: f32[2], %4: f32[${length},2], %5: f32[${length}] = scan(%0, %1, %2) length=${length} reverse=${reverse} consts=1 carries=1 body=program(%0: f32[2], %1: f32[2], %2: f32[2]) {
    %3: f32[2] = mul(%0, %2)
    %4: f32[2] = add(%1, %3)
    %5: f32[] = reduce_sum(%4) axes=[0]
    return %4, %1, %5
  }
  return %3, %4, %5
}`;
const scale = [1, 10];
const start = [0.5, 0];
const xs = [1, 2, 3, 4, 5, 6];

describe('scan', () => {
  test('walks forward, ys hold what the body saw', () => {
    expect(evaluate(parse(cumulative(false, 3)), [scale, start, xs]).map((x) => [...x])).toEqual([
      [9.5, 120],
      [0.5, 0, 1.5, 20, 4.5, 60],
      [21.5, 64.5, 129.5],
    ]);
  });

  test('in reverse walks from the last index, ys stay at their index', () => {
    expect(evaluate(parse(cumulative(true, 3)), [scale, start, xs]).map((x) => [...x])).toEqual([
      [9.5, 120],
      [8.5, 100, 5.5, 60, 0.5, 0],
      [129.5, 108.5, 65.5],
    ]);
  });

  test('of a named length takes it from the inputs, 0 included', () => {
    const program = parse(cumulative(false, 'time'));
    expect(evaluate(program, [scale, start, [1, 2]]).map((x) => [...x])).toEqual([[1.5, 20], [0.5, 0], [21.5]]);
    expect(evaluate(program, [scale, start, []]).map((x) => [...x])).toEqual([[0.5, 0], [], []]);
  });

  test('of n steps is n scans of one step, to the bit', () => {
    const whole = evaluate(parse(cumulative(false, 3)), [scale, start, xs]);
    const one = parse(cumulative(false, 1));
    let state: ArrayLike<number> = start;
    const sums: number[] = [];
    for (let t = 0; t < 3; t++) {
      const [next = [], , sum] = evaluate(one, [scale, state, xs.slice(2 * t, 2 * t + 2)]);
      state = next;
      sums.push(...(sum ?? []));
    }
    expect([state, sums]).toEqual([whole[0], [...(whole[2] ?? [])]]);
  });

  test('nests, needs no xs, and passes constants on', () => {
    const powers = parse(`
program(%0: f32[]) {
  %1: f32[] = constant() dtype=f32 shape=[] value=[1]
  %2: f32[], %3: f32[3], %4: f32[3,2] = scan(%0, %1) length=3 reverse=false consts=1 carries=1 body=program(%0: f32[], %1: f32[]) {
    %2: f32[], %3: f32[2] = scan(%0, %1) length=2 reverse=false consts=1 carries=1 body=program(%0: f32[], %1: f32[]) {
      %2: f32[] = mul(%0, %1)
      return %2, %2
    }
    return %2, %1, %3
  }
  return %2, %3, %4
}`);
    expect(evaluate(powers, [[2]]).map((x) => [...x])).toEqual([[64], [1, 4, 16], [2, 4, 8, 16, 32, 64]]);
  });

  test('swaps carries', () => {
    const swap = parse(`
program(%0: i32[], %1: i32[]) {
  %2: i32[], %3: i32[] = scan(%0, %1) length=3 reverse=false consts=0 carries=2 body=program(%0: i32[], %1: i32[]) {
    return %1, %0
  }
  return %2, %3
}`);
    expect(evaluate(swap, [[1], [2]]).map((x) => [...x])).toEqual([[2], [1]]);
  });
});

test('while runs until its condition fails, and not at all when it does at once', () => {
  const double = parse(`
program(%0: i32[], %1: i32[], %2: i32[]) {
  %3: i32[], %4: i32[] = while(%0, %1, %2) consts=1 cond=program(%0: i32[], %1: i32[], %2: i32[]) {
    %3: bool[] = lt(%1, %0)
    return %3
  } body=program(%0: i32[], %1: i32[], %2: i32[]) {
    %3: i32[] = add(%1, %1)
    %4: i32[] = constant() dtype=i32 shape=[] value=[1]
    %5: i32[] = add(%2, %4)
    return %3, %5
  }
  return %3, %4
}`);
  expect(evaluate(double, [[100], [3], [0]]).map((x) => [...x])).toEqual([[192], [6]]);
  expect(evaluate(double, [[2], [3], [0]]).map((x) => [...x])).toEqual([[3], [0]]);
});

test('call is its body', () => {
  const builder = new ProgramBuilder();
  const x = builder.param(tensorType('f32', [2]));
  const body = builder.build([builder.plain('neg', x), x]);
  const outer = new ProgramBuilder();
  const y = outer.param(tensorType('f32', [2]));
  const results = outer.emit('call', [y], { body, name: 'part', gradient: 'stop' });
  expect(evaluate(outer.build(results), [[1, 2]]).map((x) => [...x])).toEqual([
    [-1, -2],
    [1, 2],
  ]);
});

describe('precision', () => {
  const program = parse(`
program(%0: f32[], %1: f64[]) {
  %2: f32[] = constant() dtype=f32 shape=[] value=[0.1]
  %3: f32[] = mul(%0, %2)
  %4: f64[] = mul(%1, %1)
  return %3, %4
}`);

  test('double keeps every digit of f32', () => {
    expect(evaluate(program, [[0.1], [0.1]])).toEqual([Float64Array.of(0.1 * 0.1), Float64Array.of(0.1 * 0.1)]);
  });

  test('single rounds inputs, constants and results of f32, and nothing else', () => {
    const small = Math.fround(0.1);
    expect(evaluate(program, [[0.1], [0.1]], { precision: 'single' })).toEqual([
      Float64Array.of(Math.fround(small * small)),
      Float64Array.of(0.1 * 0.1),
    ]);
  });
});

describe('inputs', () => {
  const types = parse(`
program(%0: f32[batch,2], %1: i32[batch], %2: bool[2], %3: u32[2]) {
  %4: i32[] = dimension() name=batch
  return %0, %1, %2, %3, %4
}`);

  test('may be arrays of any class; results are fresh arrays of one', () => {
    const given = [new Float32Array(4), Int32Array.of(-1, 1), [true, 0] as unknown as number[], [1, 2 ** 32 - 1]];
    const results = evaluate(types, given);
    expect(results).toEqual([
      new Float64Array(4),
      Int32Array.of(-1, 1),
      Uint8Array.of(1, 0),
      Uint32Array.of(1, 2 ** 32 - 1),
      Int32Array.of(2),
    ]);
    expect(results[1]).not.toBe(given[1]);
  });

  test.each<[string, unknown[], string, string]>([
    ['a wrong count', [[]], 'argument', 'needs 4 inputs, not 1'],
    ['a wrong length', [[1, 2], [1], [1], [1, 2]], 'shape', '1 elements do not fill bool[2]'],
    ['an odd length', [[1, 2, 3], [1], [1, 1], [1, 2]], 'shape', '3 elements do not fill f32[batch,2]'],
    [
      'two sizes for one name',
      [
        [1, 2],
        [1, 2],
        [1, 1],
        [1, 2],
      ],
      'shape',
      '2 elements do not fill i32[batch]',
    ],
    ['a fraction for i32', [[1, 2], [0.5], [1, 1], [1, 2]], 'value', '0.5 at 0 is not i32'],
    ['a negative u32', [[1, 2], [1], [1, 1], [1, -2]], 'value', '-2 at 1 is not u32'],
  ])('%s is refused', (_, inputs, code, message) => {
    expect(() => evaluate(types, inputs as number[][])).toThrow(expect.objectContaining({ code }));
    expect(() => evaluate(types, inputs as number[][])).toThrow(message);
  });

  test('a name that nothing tells must be given', () => {
    const program = parse('program() { %0: f32[n] = iota() dtype=f32 shape=[n] axis=0 return %0 }');
    expect(() => evaluate(program, [])).toThrow('"n" is not bound to a number. Pass dims: { n: … }');
    expect(evaluate(program, [], { dims: { n: 2 } })).toEqual([Float64Array.of(0, 1)]);
    expect(() => evaluate(program, [], { dims: { n: -1 } })).toThrow(expect.objectContaining({ code: 'argument' }));
  });

  test('a name may be that of a method, and may stand twice in a shape', () => {
    const program = parse(
      'program(%0: f32[constructor,constructor,2]) { %1: i32[] = dimension() name=constructor return %1 }',
    );
    expect(evaluate(program, [new Array(18).fill(0)])).toEqual([Int32Array.of(3)]);
  });

  test('a size of 0 where an op needs an element is refused', () => {
    const gather = parse('program(%0: f32[n], %1: i32[]) { %2: f32[] = gather(%0, %1) axis=0 return %2 }');
    const most = parse('program(%0: f32[n]) { %1: f32[] = reduce_max(%0) axes=[0] return %1 }');
    const best = parse('program(%0: f32[n]) { %1: i32[] = argmax(%0) axis=0 return %1 }');
    const scatter = parse('program(%0: f32[], %1: i32[]) { %2: f32[n] = scatter_add(%0, %1) axis=0 size=n return %2 }');
    const refused = expect.objectContaining({ code: 'shape' });
    expect(() => evaluate(gather, [[], [0]])).toThrow(refused);
    expect(() => evaluate(most, [[]])).toThrow(refused);
    expect(() => evaluate(best, [[]])).toThrow(refused);
    expect(() => evaluate(scatter, [[1], [0]], { dims: { n: 0 } })).toThrow(refused);
  });

  test('a Program that breaks a rule is refused', () => {
    expect(() => evaluate({ params: [], instructions: [], results: [0] }, [])).toThrow('result %0 does not exist');
  });
});
