import type { Instruction, Program } from '@rheo/ir';
import { evaluate, print, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../src/index.ts';
import {
  add,
  concat,
  constant,
  convert,
  div,
  eq,
  exp,
  gather,
  gradient,
  iota,
  logistic,
  logSoftmax,
  lt,
  matmul,
  mul,
  neg,
  randomBits,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  select,
  sin,
  slice,
  stopGradient,
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

function ltc(...[w, mu, sigma, erev, gleak, vleak, cm, v0, xs, ds]: Tensor[]): [Tensor, Tensor] {
  const weights = { w, mu, sigma, erev, gleak, vleak, cm } as LtcWeights;
  const body = (v: Tensor, [x, d]: Tensor[]): [Tensor, Tensor] => {
    const [next] = scan(
      (u: Tensor, _: readonly Tensor[]) => [ltcUnfold(weights, u, x as Tensor, d as Tensor), []],
      v,
      [],
      {
        length: 4,
      },
    );
    return [next, next];
  };
  return scan(body, v0 as Tensor, [xs as Tensor, ds as Tensor]);
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

  it('agrees for scans in reverse', () => {
    const fn = (x: Tensor, h: Tensor): unknown =>
      scan((s: Tensor, r: Tensor) => [tanh(add(mul(s, 0.7), r)), mul(s, r)], h, x, { reverse: true });
    expectGradient(fn, [values([5, 2], 1), values([2], 2)]);
  });

  it('agrees for scans in reverse whose carry is read from an output', () => {
    const fn = (x: Tensor, h: Tensor, w: Tensor): unknown => {
      const body = (s: Tensor, r: Tensor): [Tensor, Tensor] => {
        const next = tanh(add(matmul(s, w), r));
        return [next, next];
      };
      return scan(body, h, x, { reverse: true });
    };
    expectGradient(fn, [values([5, 2], 1), values([2], 2), values([2, 2], 3)]);
  });

  it('agrees for nested scans, with captures through both levels', () => {
    const fn = (x: Tensor, h: Tensor, w: Tensor): unknown =>
      scan(
        (outer: Tensor, r: Tensor) => {
          const inner = scan(
            (s: Tensor, k: Tensor) => [tanh(add(matmul(s, w), mul(r, k))), mul(s, exp(k))],
            outer,
            sin(mul(w, 2)),
          );
          return [inner[0], inner[1]];
        },
        h,
        x,
      );
    expectGradient(fn, [values([3, 2], 1), values([2], 2), values([2, 2], 3)]);
  });

  it('agrees for lengths held by select', () => {
    const fn = (x: Tensor, h: Tensor): unknown => {
      const length = convert(add(mul(iota([2], 0, 'i32'), 2), 2), 'i32');
      const body = (s: Tensor, [r, t]: Tensor[]): [Tensor, Tensor] => {
        const next = tanh(add(mul(s, 1.3), r as Tensor));
        return [select(reshape(lt(t as Tensor, length), [2, 1]), next, s), next];
      };
      return scan(body, h, [x, iota([5])])[0];
    };
    expectGradient(fn, [values([5, 2, 3], 1), values([2, 3], 2)]);
  });

  it.each([0, 1])('agrees for %i steps', (steps) => {
    const fn = (x: Tensor, h: Tensor, w: Tensor): unknown => {
      const body = (s: Tensor, r: Tensor): [Tensor, Tensor] => {
        const next = tanh(add(matmul(s, w), r));
        return [next, next];
      };
      return scan(body, h, x);
    };
    expectGradient(fn, [values([steps, 2], 1), values([2], 2), values([2, 2], 3)]);
  });

  it('agrees when a named length is bound to 0 or more', () => {
    const { program } = trace(
      (x: Tensor, h: Tensor, w: Tensor) => {
        const body = (s: Tensor, r: Tensor): [Tensor, Tensor] => {
          const next = tanh(add(mul(s, w), r));
          return [next, next];
        };
        return reduceSum(scan(body, h, x)[0]);
      },
      [tensorType('f32', ['time', 2]), tensorType('f32', [2]), tensorType('f32', [2])],
    );
    const grad = gradient(program, { of: 0, wrt: [0, 1, 2] });
    const at = (x: number[]): number[][] => evaluate(grad, [x, [0.5, -1], [2, 3]]).map((data) => Array.from(data));
    expect(at([])).toEqual([[-0.5], [], [1, 1], [0, 0]]);
    const slope = [1, -2.5].map((sum) => 1 - Math.tanh(sum) ** 2) as [number, number];
    const [, dx, dh, dw] = at([0, 0.5]);
    expect(dx).toEqual(slope);
    expect(dh).toEqual([2 * slope[0], 3 * slope[1]]);
    expect(dw).toEqual([0.5 * slope[0], -slope[1]]);
  });

  it('agrees for LTC with unfolds as an inner scan, also at zero time', () => {
    const units = 3;
    const square = [units, units];
    const inputs = [
      values(square, 1),
      values(square, 2),
      values(square, 3, 1, 2),
      values(square, 4),
      values([units], 5),
      values([units], 6),
      values([units], 7, 0.5, 1),
      values([2, units], 8),
      values([3, 2, units], 9),
      { shape: [3, 2, 1], data: [0.3, 0.1, 0, 0.2, 0.5, 0] },
    ];
    for (const loop of scansOf(expectGradient(ltc, inputs))) {
      expect(loop.attributes.body.instructions.map(({ op }) => op)).not.toContain('log1p');
    }
  });

  it('stacks neurons and not synapses of a large LTC over many steps', () => {
    const units = 20;
    const stacked = (steps: number): string[] => {
      const square = Array(4).fill([units, units]);
      const types = [...square, ...Array(3).fill([units]), [2, units], [steps, 2, units], [steps, 2, 1]];
      const { program } = trace(
        (...inputs: Tensor[]) => reduceSum(ltc(...inputs)[1]),
        types.map((shape: number[]) => tensorType('f32', shape)),
      );
      const [forward] = scansOf(gradient(program, { of: 0, wrt: [0, 1, 2, 3, 4, 5, 6] }));
      return (forward?.types ?? []).slice(1).map(({ shape }) => shape.slice(1).join());
    };
    // 2 × 20 × 20 synapses of 4 bytes, 4 unfolds: 12.5 KiB a step.
    const neurons = stacked(Math.ceil(2 ** 28 / 12800));
    expect(neurons.every((shape) => shape === '2,20' || shape === '4,2,20')).toBe(true);
    expect(neurons.length).toBeLessThanOrEqual(4);
    expect(stacked(5)).toContain('4,2,20,20');
  });

  it('agrees for mixed memory: a long short-term memory before the continuous step', () => {
    const [batch, features, units] = [2, 2, 3];
    const inputs = [
      values([features + units, 4 * units], 1),
      values([features + units, units], 2),
      values([units, 4 * units], 3),
      values([3, batch, features], 4),
      values([3, batch, 1], 5, 0.1, 1),
    ];
    const fn = (...[wl, w1, wo, xs, ds]: Tensor[]): unknown => {
      const body = ({ c, h }: { c: Tensor; h: Tensor }, [x, d]: Tensor[]): [{ c: Tensor; h: Tensor }, Tensor] => {
        const gates = matmul(concat([x as Tensor, h], 1), wl as Tensor);
        const gate = (index: number): Tensor =>
          slice(gates, { axis: 1, start: index * units, limit: (index + 1) * units });
        const cell = add(mul(c, logistic(gate(2))), mul(tanh(gate(0)), logistic(gate(1))));
        const memory = mul(tanh(cell), logistic(gate(3)));
        const weights = { w1, b1: zeros([units]), wo, bo: zeros([4 * units]) } as CfcWeights;
        const next = cfcStep(weights, memory, x as Tensor, d as Tensor);
        return [{ c: cell, h: next }, next];
      };
      return scan(body, { c: zeros([batch, units]), h: zeros([batch, units]) }, [xs as Tensor, ds as Tensor]);
    };
    expectGradient(fn, inputs);
  });

  it('agrees for embeddings with repeated ids and stable cross entropy', () => {
    const fn = (table: Tensor, w: Tensor): unknown => {
      const ids = constant(
        [
          [1, 0],
          [1, 3],
          [1, 1],
        ],
        { dtype: 'i32' },
      );
      const labels = constant([2, 0], { dtype: 'i32' });
      const [state] = scan(
        (s: Tensor, id: Tensor) => [tanh(add(mul(s, 0.5), gather(table, id))), []],
        zeros([2, 3]),
        ids,
      );
      const scores = logSoftmax(matmul(state, w));
      const chosen = convert(eq(iota([2, 4], 1), reshape(labels, [2, 1])), 'f32');
      return neg(reduceMean(reduceSum(mul(scores, chosen), 1)));
    };
    expectGradient(fn, [values([4, 3], 1), values([3, 4], 2)]);
  });

  it('agrees with a dropout mask by counters, stored as one byte an element', () => {
    const fn = (w: Tensor, h: Tensor): unknown => {
      const key = constant([7, 9], { dtype: 'u32' });
      const low = add(mul(iota([2, 3], 0, 'u32'), 3), iota([2, 3], 1, 'u32'));
      const body = (s: Tensor, t: Tensor): [Tensor, Tensor] => {
        const mask = lt(randomBits(key, t, low, 24), Math.round(0.7 * 2 ** 24));
        return [tanh(matmul(select(mask, div(s, 0.7), 0), w)), s];
      };
      return scan(body, h, iota([4], 0, 'u32'));
    };
    const program = expectGradient(fn, [values([3, 3], 1), values([2, 3], 2)]);
    const [forward, back] = scansOf(program);
    expect(forward?.types.map(({ dtype }) => dtype).filter((dtype) => dtype === 'bool')).toHaveLength(1);
    expect(forward?.types.some(({ dtype }) => dtype === 'u32')).toBe(false);
    expect(back?.attributes.body.instructions.some(({ op }) => op === 'random_bits')).toBe(false);
  });

  it('pulls weight-only work back once, outside of the loop', () => {
    const fn = (w: Tensor, x: Tensor): unknown =>
      scan((s: Tensor, r: Tensor) => [tanh(add(matmul(s, exp(w)), r)), []], zeros([2]), x)[0];
    const [forward, back] = scansOf(expectGradient(fn, [values([2, 2], 1), values([3, 2], 2)]));
    for (const loop of [forward, back]) {
      expect(loop?.attributes.body.instructions.map(({ op }) => op)).not.toContain('exp');
    }
  });

  it('carries nothing for what is not wanted', () => {
    const program = lossProgram(cfc, cfcInputs);
    const [, back] = scansOf(gradient(program, { of: 0, wrt: [3] }));
    expect(back?.attributes.carries).toBe(2);
    expect(back?.types).toHaveLength(2);
    const ops = back?.attributes.body.instructions.map(({ op }) => op) ?? [];
    expect(ops.filter((op) => op === 'dot')).toHaveLength(2);
  });

  it('has no reverse scan where only a stopped or unused carry leads', () => {
    const program = lossProgram(
      (x, h) => {
        const [last] = scan((s: Tensor, r: Tensor) => [mul(s, r), []], h as Tensor, x as Tensor);
        return mul(stopGradient(last), h as Tensor);
      },
      [values([3, 2], 1), values([2], 2)],
    );
    expect(scansOf(gradient(program, { of: 0, wrt: [0, 1] }))).toHaveLength(1);
  });

  it('recovers the second derivative through two scans', () => {
    const inputs = [values([2, 2], 1), values([2], 2), values([3, 2], 3)];
    const loss = lossProgram((w, h, x) => {
      const first = scan(
        (s: Tensor, r: Tensor) => {
          const next = tanh(add(matmul(s, w as Tensor), r));
          return [next, next];
        },
        h as Tensor,
        x as Tensor,
      );
      return scan((s: Tensor, r: Tensor) => [mul(add(s, 0.3), logistic(r)), []], first[0], first[1], {
        reverse: true,
      })[0];
    }, inputs);
    expectProgramGradient(gradientLoss(loss, inputs), inputs);
  });

  it('recovers the second derivative of a CfC', () => {
    const inputs = cfcInputs.slice(0, 5);
    const fixed = cfcInputs.slice(5);
    const loss = lossProgram(
      (...weights) => cfc(...weights, ...fixed.map(({ shape, data }) => constant([...data], { shape }))),
      inputs,
    );
    expectProgramGradient(gradientLoss(loss, inputs), inputs);
  });
});
