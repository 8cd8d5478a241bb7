import { evaluate, isRheoError, print, tensorType, verify } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../src/index.ts';
import {
  add,
  customGradient,
  erf,
  exp,
  full,
  gradient,
  iota,
  lt,
  matmul,
  max,
  mul,
  neg,
  reduceSum,
  scan,
  select,
  stopGradient,
  sub,
  tanh,
  trace,
  valueAndGrad,
  vjp,
  whileLoop,
  withLayer,
} from '../src/index.ts';
import { expectGradient, lossProgram, values } from './finite-differences.ts';

const f = (...shape: (number | string)[]): ReturnType<typeof tensorType> => tensorType('f32', shape);

function slope(fn: (x: Tensor) => Tensor, at: number): number | undefined {
  const { program } = trace(fn, [f()]);
  const result = gradient(program, { of: 0, wrt: [0] });
  verify(result);
  return evaluate(result, [[at]])[1]?.[0];
}

describe('calls', () => {
  it('stop gradients', () => {
    expect(slope((x) => mul(stopGradient(x), x), 3)).toBe(3);
    expect(slope((x) => stopGradient(mul(x, x)), 3)).toBe(0);
  });

  it('bring their own gradient', () => {
    const reversal = customGradient('reversal', {
      forward: (x: Tensor) => [exp(x), { x }],
      backward: ({ x }: { x: Tensor }, [cotangent]) => [neg(mul(cotangent as Tensor, x))],
    });
    expect(slope((x) => reversal(x), 2)).toBe(-2);
    const { program } = trace((x: Tensor) => reversal(x), [f()]);
    expect(evaluate(program, [[2]])[0]?.[0]).toBe(Math.exp(2));
  });

  it('bring their own gradient through a scan, and past integers and unused results', () => {
    const rule = customGradient('square', {
      forward: (x: Tensor, n: Tensor) => [{ square: mul(x, x), n, other: x }, x],
      backward: (x: Tensor, [square, other]) => [add(mul(square as Tensor, mul(x, 2)), other as Tensor)],
    });
    const fn = (x: Tensor, h: Tensor): unknown =>
      scan((s: Tensor, r: Tensor) => [tanh(add(rule(s, iota([2])).square, r)), []], h, x)[0];
    expectGradient(fn, [values([3, 2], 1), values([2], 2)]);
  });

  it('refuse captured tensors in a custom gradient, and a wrong number of cotangents', () => {
    const bad = (y: Tensor): ((x: Tensor) => Tensor) =>
      customGradient('bad', { forward: (x: Tensor) => [mul(x, y), x], backward: (_, [c]) => [c as Tensor] });
    expect(() => trace((x: Tensor) => bad(x)(x), [f()])).toThrow(/the forward part of bad/);
    const none = customGradient('none', { forward: (x: Tensor) => [x, x], backward: () => [] });
    expect(() => trace((x: Tensor) => none(x), [f()])).toThrow(/0 cotangents for 1 float arguments/);
  });
});

describe('while', () => {
  const double = (x: Tensor): Tensor =>
    withLayer('solver', () =>
      whileLoop(
        (s: Tensor) => lt(s, 100),
        (s) => mul(s, 2),
        x,
      ),
    );

  it('runs with captured tensors', () => {
    const { program } = trace(
      (limit: Tensor, rate: Tensor) =>
        whileLoop(
          ({ x }: { x: Tensor }) => lt(x, limit),
          ({ x }) => ({ x: mul(x, rate) }),
          { x: full([], 1) },
        ),
      [f(), f()],
    );
    verify(program);
    expect(evaluate(program, [[50], [3]])[0]?.[0]).toBe(81);
  });

  it('refuses a gradient and names the way out', () => {
    try {
      slope(double, 1);
      expect.unreachable();
    } catch (error) {
      if (!isRheoError(error)) throw error;
      expect(error.code).toBe('gradient');
      expect(error.details.layer).toBe('solver');
      expect(error.message).toMatch(/scan with a bounded length.*customGradient/);
    }
  });

  it('may stand beside the way of a gradient', () => {
    expect(slope((x) => mul(x, stopGradient(double(x))), 1)).toBe(128);
    expect(slope((x) => mul(x, double(full([], 1))), 1)).toBe(128);
  });
});

describe('vjp and gradient', () => {
  it('vjp takes a cotangent for each float result', () => {
    const { program } = trace((x: Tensor, y: Tensor) => [mul(x, y), iota([2]), add(x, y)], [f(2), f(2)]);
    const back = vjp(program, [1, 0]);
    verify(back);
    expect(back.params.slice(2).map(({ type }) => type)).toEqual([f(2), f(2)]);
    const results = evaluate(back, [
      [2, 3],
      [5, 7],
      [1, 10],
      [100, 1000],
    ]).map((data) => Array.from(data));
    expect(results.slice(3)).toEqual([
      [102, 1030],
      [105, 1070],
    ]);
  });

  it('gives zeros for what the result does not depend on', () => {
    const { program } = trace((x: Tensor, _y: Tensor) => reduceSum(x), [f(2), f(3)]);
    const results = evaluate(gradient(program, { of: 0, wrt: [1, 0] }), [
      [1, 2],
      [3, 4, 5],
    ]);
    expect(results.slice(1).map((data) => Array.from(data))).toEqual([
      [0, 0, 0],
      [1, 1],
    ]);
  });

  it('emits nothing for the way back of what is not wanted', () => {
    const program = lossProgram(
      (x, w) => matmul(tanh(x as Tensor), w as Tensor),
      [values([2, 3], 1), values([3, 2], 2)],
    );
    const dots = (wrt: number[]): number =>
      gradient(program, { of: 0, wrt }).instructions.filter(({ op }) => op === 'dot').length;
    expect([dots([]), dots([1]), dots([0]), dots([0, 1])]).toEqual([1, 2, 2, 3]);
  });

  it('stays in the element type of the Program', () => {
    const { program } = trace(
      (x: Tensor, h: Tensor) =>
        reduceSum(scan((s: Tensor, r: Tensor) => [max(erf(mul(s, r)), 0.1), select(lt(s, r), s, 1)], h, x)[1]),
      [tensorType('f64', [3, 2]), tensorType('f64', [2])],
    );
    const back = gradient(program, { of: 0, wrt: [0, 1] });
    verify(back);
    expect(print(back)).not.toContain('f32');
  });

  it('keeps layer paths', () => {
    const { program } = trace((x: Tensor) => withLayer('head', () => reduceSum(tanh(x))), [f(2)]);
    const layers = gradient(program, { of: 0, wrt: [0] }).instructions.map(({ metadata }) => metadata?.layer);
    expect(layers.filter((layer) => layer === 'head').length).toBeGreaterThanOrEqual(layers.length - 1);
  });

  it('refuses what has no gradient', () => {
    const { program } = trace((x: Tensor, n: Tensor) => [x, mul(n, 2)], [f(2), tensorType('i32', [])]);
    expect(() => gradient(program, { of: 0, wrt: [0] })).toThrow(/no float scalar/);
    expect(() => gradient(program, { of: 1, wrt: [0] })).toThrow(/no float scalar/);
    expect(() => gradient(program, { of: 7, wrt: [0] })).toThrow(/no float scalar/);
    expect(() => vjp(program, [1])).toThrow(/parameter 1 is no float/);
    expect(() => vjp(program, [2])).toThrow(/no parameter 2/);
  });
});

describe('valueAndGrad', () => {
  it('gives value, second result and a gradient like the params, around captured tensors', () => {
    const { program, result } = trace(
      (params: { w: Tensor; b: Tensor[] }, x: Tensor) => {
        const loss = ({ w, b }: typeof params, scale: Tensor): [Tensor, { y: Tensor }] => {
          const y = add(mul(w, x), b[0] as Tensor);
          return [reduceSum(mul(mul(y, y), scale)), { y }];
        };
        return withLayer('step', () => valueAndGrad(loss)(params, full([2], 0.5)) as never);
      },
      [{ w: f(2), b: [f(2)] }, f(2)],
    );
    verify(program);
    expect(result).toEqual({ value: '*', aux: { y: '*' }, gradient: { w: '*', b: ['*'] } });
    const data = evaluate(program, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]).map((array) => Array.from(array));
    expect(data).toEqual([[(64 + 256) / 2], [8, 16], [40, 96], [8, 16]]);
  });

  it('works without a second result, and twice over', () => {
    const { program } = trace(
      (x: Tensor) => {
        const cube = (y: Tensor): Tensor => mul(y, mul(y, y));
        const first = (y: Tensor): Tensor => valueAndGrad(cube)(y).gradient;
        return valueAndGrad(first)(x).gradient;
      },
      [f()],
    );
    expect(evaluate(program, [[2]])[0]?.[0]).toBe(12);
  });

  it('refuses values that are no scalars and params that are no floats', () => {
    expect(() => trace((x: Tensor) => valueAndGrad((y: Tensor) => y)(x).value, [f(2)])).toThrow(/float scalar/);
    expect(() => trace((n: Tensor) => valueAndGrad((y: Tensor) => y)(n).value, [tensorType('i32')])).toThrow(/is i32/);
    expect(() => trace((x: Tensor) => sub(x, valueAndGrad(() => 3 as never)(x).value), [f()])).toThrow(/float scalar/);
  });
});
