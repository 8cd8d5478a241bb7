/** Gradients of random functions with loops in loops, against differences: the combinations nobody thinks of. */

import { verify } from '@rheo/ir';
import { expect, it } from 'vitest';
import type { Tensor } from '../src/index.ts';
import {
  add,
  broadcastTo,
  call,
  concat,
  constant,
  exp,
  gather,
  gradient,
  logistic,
  lt,
  matmul,
  mul,
  reduceMax,
  reduceSum,
  reverse,
  scan,
  select,
  sin,
  slice,
  stopGradient,
  sub,
  tanh,
  transpose,
} from '../src/index.ts';
import { expectGradient, expectProgramGradient, gradientLoss, lossProgram, values } from './finite-differences.ts';

const [rows, columns] = [2, 3];

class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed * 7919 + 17) % 2147483647;
  }
  below(limit: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % limit;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** One more value [rows, columns] from those there are. */
function grow(pool: readonly Tensor[], chance: Chance, depth: number): Tensor {
  const a = chance.of(pool);
  const b = chance.of(pool);
  const makers: (() => Tensor)[] = [
    () => tanh(a),
    () => logistic(mul(a, 1.5)),
    () => sin(add(a, b)),
    () => mul(a, b),
    () => sub(tanh(a), b),
    () => exp(mul(tanh(a), 0.3)),
    () => mul(matmul(matmul(a, transpose(b)), a), 0.1),
    () => add(broadcastTo(reduceSum(a, [0]), [rows, columns]), b),
    () => sub(a, broadcastTo(reduceMax(mul(b, 0.9), [0, 1]), [rows, columns])),
    () => reverse(concat([slice(a, { axis: 1, start: 1 }), slice(b, { axis: 1, limit: 1 })], 1), 1),
    () => gather(a, constant([2, 0, 0], { dtype: 'i32' }), 1),
    () => select(lt(stopGradient(a), 5), a, b),
    () => call('part', (x: Tensor) => mul(tanh(x), b), a),
    () =>
      constant([
        [0.1, 0.2, 0.3],
        [0.4, 0.5, 0.6],
      ]),
  ];
  if (depth > 0) makers.push(...Array.from({ length: 5 }, () => () => loop(pool, chance, depth - 1)));
  return chance.of(makers)();
}

/** A scan whose body uses carries, slices and values around it. */
function loop(pool: readonly Tensor[], chance: Chance, depth: number): Tensor {
  const carries = Array.from({ length: 1 + chance.below(3) }, () => chance.of(pool));
  const shared = chance.of(pool);
  const steps = chance.below(4);
  const sequence = mul(broadcastTo(shared, [steps, rows, columns]), 0.5);
  const shape = chance.below(4);
  const [last, ys] = scan(
    (state: Tensor[], [x]: Tensor[]) => {
      const inner = [...state, x as Tensor, chance.of(pool)];
      for (let index = 0; index < 4; index++) inner.push(tanh(grow(inner, chance, depth)));
      const next = state.map((_, index) => (shape === 1 && index === 0 ? (state.at(-1) as Tensor) : chance.of(inner)));
      return [next, shape < 2 ? [next[0] as Tensor] : [chance.of(inner), chance.of(next)]];
    },
    carries,
    [sequence],
    { reverse: chance.below(2) === 1 },
  );
  const parts = [...last, ...ys.map((y) => reduceSum(y, [0]))].filter(() => chance.below(3) > 0);
  return parts.reduce((total, part) => add(total, mul(part, 0.7)), mul(last[0] as Tensor, chance.below(2)));
}

function random(seed: number, depth: number): (...inputs: Tensor[]) => Tensor[] {
  return (...inputs) => {
    const chance = new Chance(seed);
    const pool = [...inputs];
    for (let index = 0; index < 4; index++) pool.push(grow(pool, chance, depth));
    pool.push(loop(pool, chance, depth));
    return pool.slice(inputs.length);
  };
}

const inputs = [values([rows, columns], 1), values([rows, columns], 2)];

it.each(Array.from({ length: 60 }, (_, seed) => seed))('random function %i', (seed) => {
  expectGradient(random(seed, 2), inputs, { tolerance: 1e-6 });
});

it.each(Array.from({ length: 12 }, (_, seed) => seed + 100))('second order of random function %i', (seed) => {
  const loss = gradientLoss(lossProgram(random(seed, 1), inputs), inputs);
  expectProgramGradient(loss, inputs, { tolerance: 1e-5 });
});

it('a third order verifies', () => {
  const loss = gradientLoss(gradientLoss(lossProgram(random(7, 1), inputs), inputs), inputs);
  const program = gradient(loss, { of: 0, wrt: [0, 1] });
  verify(program);
  expect(program.results).toHaveLength(3);
});
