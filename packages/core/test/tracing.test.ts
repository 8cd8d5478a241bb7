import { evaluate, isRheoError, print, tensorType, verify } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../src/index.ts';
import {
  add,
  call,
  concat,
  constant,
  dimension,
  flattenTree,
  full,
  iota,
  keepAxes,
  mapTree,
  matmul,
  mul,
  ones,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  slice,
  sub,
  tanh,
  trace,
  unflattenTree,
  withLayer,
} from '../src/index.ts';

const f = (...shape: (number | string)[]): ReturnType<typeof tensorType> => tensorType('f32', shape);

function run(fn: (...inputs: Tensor[]) => Tensor, types: ReturnType<typeof tensorType>[], data: number[][]): number[] {
  const { program } = trace(fn, types);
  verify(program);
  return Array.from(evaluate(program, data)[0] ?? []);
}

function failure(fn: () => unknown): { code: string; message: string } {
  try {
    fn();
  } catch (error) {
    if (isRheoError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('trace', () => {
  it('records what a function does, with numbers as constants and shapes aligned', () => {
    const { program } = trace((x: Tensor, b: Tensor) => add(mul(x, 2), b), [f('batch', 3), f(1, 3)], ['x', 'b']);
    verify(program);
    expect(print(program)).toMatchInlineSnapshot(`
      "program(%0: f32[batch,3] "x", %1: f32[1,3] "b") {
        %2: f32[] = constant() dtype=f32 shape=[] value=[2]
        %3: f32[batch,3] = broadcast(%2) shape=[batch,3] axes=[]
        %4: f32[batch,3] = mul(%0, %3)
        %5: f32[3] = reshape(%1) shape=[3]
        %6: f32[batch,3] = broadcast(%5) shape=[batch,3] axes=[1]
        %7: f32[batch,3] = add(%4, %6)
        return %7
      }"
    `);
  });

  it('makes equal operations once and leaves out what is not used', () => {
    const { program } = trace(
      (x: Tensor) => {
        tanh(x);
        return sub(add(x, 1), add(x, 1));
      },
      [f(2)],
    );
    expect(program.instructions.map(({ op }) => op)).toEqual(['constant', 'broadcast', 'add', 'sub']);
  });

  it('repeats a 1 along a named dimension', () => {
    expect(
      run(
        (x, y) => sub(x, y),
        [f('batch', 2), f('batch', 1)],
        [
          [1, 2, 3, 4],
          [1, 2],
        ],
      ),
    ).toEqual([0, 1, 1, 2]);
  });

  it('hands trees in and out and names parameters by path', () => {
    const traced = trace(
      (params: { w: Tensor; layers: Tensor[] }, x: Tensor) => ({ y: mul(x, params.w), z: params.layers }),
      [{ w: f(), layers: [f(), f()] }, f()],
      ['params'],
    );
    expect(traced.program.params.map(({ name }) => name)).toEqual([
      'params/w',
      'params/layers/0',
      'params/layers/1',
      '1',
    ]);
    expect(traced.result).toEqual({ y: '*', z: ['*', '*'] });
    expect(traced.program.results).toEqual([4, 1, 2]);
  });

  it('puts layer paths onto instructions, also within loops', () => {
    const { program } = trace(
      (x: Tensor) =>
        withLayer('model', () =>
          withLayer('cfc', () => scan((s: Tensor, r: Tensor) => [tanh(add(s, r)), []], reduceSum(x, 0), x)[0]),
        ),
      [f(3, 2)],
    );
    const loop = program.instructions.find((instruction) => instruction.op === 'scan');
    expect(loop?.metadata).toEqual({ layer: 'model/cfc' });
    expect(loop?.op === 'scan' && loop.attributes.body.instructions[0]?.metadata).toEqual({ layer: 'model/cfc' });
  });

  it('makes constants of numbers, nests and typed arrays', () => {
    const { program } = trace(() => {
      return [
        constant(2),
        constant([
          [1, 2],
          [3, 4],
        ]),
        constant(Int32Array.of(5, 6)),
        constant([true, false]),
        full([2], 7),
      ];
    }, []);
    expect(evaluate(program, []).map((data) => Array.from(data))).toEqual([[2], [1, 2, 3, 4], [5, 6], [1, 0], [7, 7]]);
    expect(program.instructions.slice(0, 4).map(({ types }) => types[0]?.dtype)).toEqual(['f32', 'f32', 'i32', 'bool']);
  });

  it('means and sizes follow named dimensions', () => {
    expect(run((x) => reduceMean(x), [f('batch', 2)], [[1, 2, 3, 4, 5, 9]])).toEqual([4]);
    expect(run((x) => mul(reduceSum(x), 0), [f('n')], [[1, 2]])).toEqual([0]);
    const { program } = trace((_x: Tensor) => add(dimension('n'), mul(iota([2]), 0)), [f('n')]);
    expect(Array.from(evaluate(program, [[1, 2, 3]])[0] ?? [])).toEqual([3, 3]);
  });

  it('counts axes and ranges from the end', () => {
    expect(run((x) => slice(x, { axis: -1, start: -2 }), [f(2, 3)], [[1, 2, 3, 4, 5, 6]])).toEqual([2, 3, 5, 6]);
    expect(run((x) => reshape(reduceSum(x, -1), [-1, 1]), [f(2, 3)], [[1, 2, 3, 4, 5, 6]])).toEqual([6, 15]);
    expect(run((x) => keepAxes(reduceSum(x, 0), x, 0), [f(2, 2)], [[1, 2, 3, 4]])).toEqual([4, 6]);
  });
});

describe('loops', () => {
  it('capture tensors through several levels and remake constants', () => {
    const { program } = trace(
      (w: Tensor, x: Tensor) => {
        const two = full([2], 2);
        const outer = (s: Tensor, r: Tensor): [Tensor, Tensor] => {
          const [inner] = scan((u: Tensor, k: Tensor) => [add(mul(u, two), mul(w, mul(k, r))), []], s, x);
          return [inner, s];
        };
        return scan(outer, ones([2]), x);
      },
      [f(2), f(3, 2)],
    );
    verify(program);
    const loop = program.instructions.find((instruction) => instruction.op === 'scan');
    expect(loop?.op === 'scan' && loop.attributes.consts).toBe(2);
    const inner = loop?.op === 'scan' ? loop.attributes.body.instructions.find(({ op }) => op === 'scan') : undefined;
    expect(inner?.op === 'scan' && inner.attributes.consts).toBe(2);
    const [carry] = evaluate(program, [
      [1, 10],
      [1, 0, 2, 0, 3, 0],
    ]);
    let expected = 1;
    for (const r of [1, 2, 3]) for (const k of [1, 2, 3]) expected = expected * 2 + k * r;
    expect(Array.from(carry ?? [])).toEqual([expected, 512]);
  });

  it('scan equals its steps, forward and in reverse', () => {
    const ys = (reverse: boolean): number[] =>
      run(
        (x) => scan((s: Tensor, r: Tensor) => [add(s, r), add(s, r)], full([], 0), x, { reverse })[1],
        [f(3)],
        [[1, 2, 4]],
      );
    expect(ys(false)).toEqual([1, 3, 7]);
    expect(ys(true)).toEqual([7, 6, 4]);
  });

  it('call captures what is around it', () => {
    expect(run((x, y) => call('part', (z: Tensor) => add(z, y), x), [f(), f()], [[1], [2]])).toEqual([3]);
  });
});

describe('trees', () => {
  const tree = { b: [1, { c: 2 }], a: 3, t: new Float32Array(2), p: { type: { dtype: 'f32', shape: [] }, data: 1 } };

  it('come apart in the order in which they are written, and go together again', () => {
    const flat = flattenTree<unknown>(tree as never);
    expect(flat.paths).toEqual(['b/0', 'b/1/c', 'a', 't', 'p']);
    expect(unflattenTree(flat.structure, flat.leaves)).toEqual(tree);
    expect(mapTree((leaf: number, path) => `${path}=${leaf}`, { x: [1, 2] })).toEqual({ x: ['x/0=1', 'x/1=2'] });
    expect(mapTree((a: number, b: number) => a + b, [1, [2]], [10, [20]])).toEqual([11, [22]]);
  });

  it('refuse null, other structures and a wrong number of leaves', () => {
    expect(failure(() => flattenTree({ a: { b: null } } as never)).message).toContain('a/b');
    expect(failure(() => mapTree((a: number, b: number) => a + b, [1], [1, 2])).code).toBe('argument');
    expect(failure(() => unflattenTree(['*'], [])).code).toBe('argument');
  });
});

describe('errors name what is wrong, and where', () => {
  const within = (fn: (x: Tensor, y: Tensor) => Tensor): { code: string; message: string } =>
    failure(() => trace((x: Tensor, y: Tensor) => withLayer('model/0/cfc', () => fn(x, y)), [f('batch', 3), f(2)]));

  it('shapes that do not align', () => {
    const { code, message } = within((x, y) => add(x, y));
    expect(code).toBe('shape');
    expect(message).toBe(
      '@rheo/core: layer model/0/cfc: add: shapes do not align: 3 against 2; got f32[batch,3], f32[2]. ' +
        'Sizes must be equal or 1, counted from the last axis',
    );
    expect(within((x) => matmul(x, x)).message).toContain('layer model/0/cfc: dot');
  });

  it('element types', () => {
    expect(within((x) => add(x, iota([3]))).code).toBe('dtype');
    expect(within((x) => add(x, add(1, 2))).message).toContain('element type is not known');
    expect(within(() => add(iota([2]), 0.5)).message).toContain('0.5 is not a value of i32');
  });

  it('axes that do not exist', () => {
    expect(within((x) => reduceSum(x, 2)).message).toContain('axis 2 does not exist');
    expect(within((x) => slice(x, { axis: 0 })).message).toContain('named "batch"');
    expect(within((x, y) => concat([x, y], -1)).message).toContain('axis 1 does not exist');
    expect(within((x, y) => concat([y, x], -1)).code).toBe('shape');
  });

  it('tensors of finished and unrelated traces', () => {
    let leaked: Tensor | undefined;
    trace(
      (x: Tensor) => {
        leaked = x;
        return x;
      },
      [f(2)],
    );
    expect(within((_, y) => add(y, leaked as Tensor)).message).toContain('finished or unrelated trace');
    expect(
      within((_, y) => {
        trace(() => tanh(y), []);
        return y;
      }).code,
    ).toBe('argument');
    let inner: Tensor | undefined;
    const out = within((x, _y) => {
      scan(
        (s: Tensor) => {
          inner = tanh(s);
          return [inner, []];
        },
        x,
        [],
        { length: 2 },
      );
      return mul(x, inner as Tensor);
    });
    expect(out.message).toContain('finished or unrelated trace');
  });

  it('calls outside of a trace, and a stack that is whole again after a failure', () => {
    within((x, y) => add(x, y));
    expect(failure(() => full([2], 1)).message).toContain('only while a function is traced');
  });

  it('carries that change, lengths that differ, leaves that are no tensors', () => {
    expect(
      within((_x, y) => scan((s: Tensor) => [add(s, reshape(s, [2, 1])), []], y, [], { length: 2 })[0]).message,
    ).toContain('carry is f32[2] but the body returns f32[2,2]');
    expect(within((x, y) => scan((s: Tensor) => [s, []], x, [y, full([3], 1)])[0]).message).toContain(
      'leading axis is not 2',
    );
    expect(within((x) => scan((s: Tensor) => [s, []], x, [])[0]).message).toContain('length is not known');
    expect(failure(() => trace(() => 3 as never, [])).message).toContain('no tensor');
    expect(failure(() => trace((x: Tensor) => x, [[3] as never])).message).toContain('{ dtype, shape }');
  });
});
