/**
 * Steps of the ops with nested Programs. Bodies grow from the same table, with the values around them as consts.
 */

import type { Dim } from '@rheo/ir';
import { sameShape } from '@rheo/ir';
import type { Value } from './scope.ts';
import { exactLimit, Scope } from './scope.ts';

/** A scan whose carries accumulate, are replaced, swapped or kept. */
export const scanStep = (scope: Scope): void => {
  if (scope.depth === 0) return;
  const { tape } = scope;
  const length = tape.pick<Dim>([3, 2, 1, 5, 0, 4, ...Object.keys(scope.context.dims)]);
  const outer = (): Value | undefined => scope.find(() => true);
  const consts = some(tape.below(3), outer);
  const carries = some(tape.below(4), outer);
  const xs = scope.values.filter(({ shape }) => shape[0] === length).slice(-tape.below(4) - 1);
  const inner = new Scope(scope.context, scope.depth - 1);
  for (const { dtype, shape, exact, bound } of consts) inner.param(dtype, shape, exact, bound);
  // A carry may grow by one in each step; a float that starts exact need not stay so.
  const kept = carries.map((carry) => {
    const counts = carry.exact && carry.dtype !== 'f32';
    return inner.param(carry.dtype, carry.shape, counts, counts ? exactLimit / 2 : Math.max(carry.bound, 1) + 5);
  });
  for (const { dtype, shape, exact, bound } of xs) inner.param(dtype, shape.slice(1), exact, bound);
  scope.context.grow(inner, 2 + tape.below(10));
  const next = kept.map((carry) => nextCarry(inner, carry));
  const made = inner.values.slice(-1 - tape.below(4)).filter(({ shape }) => scope.fits([length, ...shape]));
  const ys = tape.once(4) ? [...made, ...made.slice(0, 1), ...next.slice(0, 1)] : made;
  const body = inner.builder.build([...next, ...ys].map(({ id }) => id));
  const results = scope.builder.emit(
    'scan',
    [...consts, ...carries, ...xs].map(({ id }) => id),
    {
      body,
      length,
      reverse: tape.once(2),
      consts: consts.length,
      carries: carries.length,
    },
  );
  results.forEach((id, index) => {
    const from = index < carries.length ? kept[index] : ys[index - carries.length];
    if (from === undefined) return;
    // The first step of a carry that stays may also be the start, of which more may be known.
    const start = carries[index];
    scope.add(id, from.exact, index < carries.length ? Math.max(from.bound, start?.bound ?? 0) : from.bound);
  });
};

/** A while that counts to a small number and changes a value on the way. */
export const whileStep = (scope: Scope): void => {
  if (scope.depth === 0) return;
  const { tape, builder } = scope;
  const x = scope.find(({ dtype }) => dtype === 'f32' || dtype === 'i32');
  const limit = scope.find(({ dtype, shape, bound }) => dtype === 'i32' && shape.length === 0 && bound <= 8);
  if (x === undefined) return;
  const end = limit?.id ?? builder.constant('i32', [], [tape.below(5)]);
  const test = new Scope(scope.context, 0);
  const types = [
    { dtype: 'i32' as const, shape: [] },
    { dtype: 'i32' as const, shape: [] },
    { dtype: x.dtype, shape: x.shape },
  ];
  const [stop, at] = types.map(({ dtype, shape }) => test.builder.param({ dtype, shape }));
  const cond = test.builder.build([test.builder.plain('lt', at as number, stop as number)]);
  const inner = new Scope(scope.context, scope.depth - 1);
  const [, count] = [inner.param('i32', [], true, 8), inner.param('i32', [], true, 8)];
  const carried = inner.param(x.dtype, x.shape, x.exact && x.dtype !== 'f32', Math.max(x.bound, 1) + 8);
  scope.context.grow(inner, tape.below(5));
  const changed = nextCarry(inner, carried);
  const one = inner.builder.constant('i32', [], [1]);
  const body = inner.builder.build([inner.builder.plain('add', count.id, one), changed.id]);
  const zero = builder.constant('i32', [], [0]);
  const [counted, last] = builder.emit('while', [end, zero, x.id], { cond, body, consts: 1 });
  scope.add(counted as number, true, 8);
  scope.add(last as number, carried.exact, carried.bound);
};

/** A named part of a few ops. */
export const callStep = (scope: Scope): void => {
  if (scope.depth === 0) return;
  const given = some(1 + scope.tape.below(2), () => scope.find(() => true));
  const inner = new Scope(scope.context, scope.depth - 1);
  for (const { dtype, shape, exact, bound } of given) inner.param(dtype, shape, exact, bound);
  scope.context.grow(inner, 1 + scope.tape.below(4));
  const results = inner.values.slice(-1 - scope.tape.below(2));
  const body = inner.builder.build(results.map(({ id }) => id));
  const gradient = scope.tape.once(2) ? 'stop' : 'inline';
  const made = scope.builder.emit(
    'call',
    given.map(({ id }) => id),
    { body, name: 'part', gradient },
  );
  made.forEach((id, index) => {
    const { exact, bound } = results[index] as Value;
    scope.add(id, exact, bound);
  });
};

/** A value that may take the place of a carry: within its bound, and exact if it is. */
function nextCarry(inner: Scope, carry: Value): Value {
  const { tape, builder } = inner;
  const { dtype, shape, bound } = carry;
  const same = (value: Value): boolean => value.dtype === dtype && sameShape(value.shape, shape);
  const chosen = inner.find((value) => same(value) && (value.exact || !carry.exact)) ?? carry;
  if (dtype === 'bool' || dtype === 'u32') return chosen;
  if (dtype === 'i32') {
    if (chosen.bound <= bound) return chosen;
    const low = builder.plain('max', chosen.id, builder.fill(dtype, shape, -bound));
    return inner.describe(builder.plain('min', low, builder.fill(dtype, shape, bound)), true, bound);
  }
  const choice = tape.below(4);
  if (choice === 0 && chosen.bound <= bound) return chosen;
  const squashed = builder.plain('tanh', chosen.id);
  if (choice < 3) return inner.describe(squashed, false, 1);
  // An accumulator: the start, and at most one more in each of five steps.
  return inner.describe(builder.plain('add', carry.id, squashed), false, bound);
}

function some(count: number, next: () => Value | undefined): Value[] {
  return Array.from({ length: count }, next).filter((value) => value !== undefined);
}
