/**
 * Steps of the ops that move, index, reduce and multiply.
 */

import type { Dim, Shape } from '@rheo/ir';
import type { Scope, Value } from './scope.ts';

type Step = (scope: Scope) => void;

const sizes: readonly Dim[] = [2, 3, 1, 4, 5, 8];

/** An axis whose size is a number, or −1. */
function staticAxis(scope: Scope, { shape }: Value): number {
  const axes = shape.flatMap((dim, axis) => (typeof dim === 'number' ? [axis] : []));
  return axes.length === 0 ? -1 : scope.tape.pick(axes);
}

/** Merges, splits, adds or drops axes; names stay alone. */
export const reshape: Step = (scope) => {
  const x = scope.find(() => true);
  if (x === undefined) return;
  const { shape } = x;
  const options: Shape[] = [[1, ...shape], shape.filter((dim) => dim !== 1), [...shape, 1]];
  for (let axis = 0; axis + 1 < shape.length; axis++) {
    const [a, b] = [shape[axis], shape[axis + 1]];
    if (typeof a === 'number' && typeof b === 'number') {
      options.push([...shape.slice(0, axis), a * b, ...shape.slice(axis + 2)]);
      options.push([...shape.slice(0, axis), b, a, ...shape.slice(axis + 2)]);
    }
  }
  shape.forEach((dim, axis) => {
    if (typeof dim === 'number' && dim > 0 && dim % 2 === 0) {
      options.push([...shape.slice(0, axis), 2, dim / 2, ...shape.slice(axis + 1)]);
    }
  });
  const to = scope.tape.pick(options);
  if (scope.fits(to)) scope.add(scope.builder.one('reshape', [x.id], { shape: to }), x.exact, x.bound);
};

/** Rotates or reverses the axes. */
export const transpose: Step = (scope) => {
  const x = scope.find(({ shape }) => shape.length > 1) ?? scope.find(() => true);
  if (x === undefined) return;
  const axes = x.shape.map((_, axis) => axis);
  const turn = scope.tape.below(axes.length + 1);
  const permutation = turn === 0 ? [...axes].reverse() : [...axes.slice(turn), ...axes.slice(0, turn)];
  scope.add(scope.builder.one('transpose', [x.id], { permutation }), x.exact, x.bound);
};

/** Adds an axis anywhere. */
export const broadcast: Step = (scope) => {
  const x = scope.find(() => true);
  if (x === undefined) return;
  const at = scope.tape.below(x.shape.length + 1);
  const shape = [
    ...x.shape.slice(0, at),
    scope.tape.pick([...sizes, ...Object.keys(scope.context.dims)]),
    ...x.shape.slice(at),
  ];
  if (!scope.fits(shape)) return;
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== at);
  scope.add(scope.builder.broadcast(x.id, shape, axes), x.exact, x.bound);
};

/** Any range, also none and all. */
export const slice: Step = (scope) => {
  const x = scope.find(({ shape }) => shape.some((dim) => typeof dim === 'number'));
  const axis = x === undefined ? -1 : staticAxis(scope, x);
  if (x === undefined || axis < 0) return;
  const size = x.shape[axis] as number;
  const start = scope.tape.below(size + 1);
  const limit = size - scope.tape.below(size - start + 1);
  scope.add(scope.builder.one('slice', [x.id], { axis, start, limit }), x.exact, x.bound);
};

/** Up to two zeros on either side. */
export const pad: Step = (scope) => {
  const x = scope.find(({ shape }) => shape.some((dim) => typeof dim === 'number'));
  const axis = x === undefined ? -1 : staticAxis(scope, x);
  if (x === undefined || axis < 0) return;
  const [low, high] = [scope.tape.below(3), scope.tape.below(3)];
  const shape = x.shape.map((dim, i) => (i === axis ? (dim as number) + low + high : dim));
  if (scope.fits(shape)) scope.add(scope.builder.one('pad', [x.id], { axis, low, high }), x.exact, x.bound);
};

/** Two or three of one type, one of them a part. */
export const concat: Step = (scope) => {
  const x = scope.find(({ shape }) => shape.some((dim) => typeof dim === 'number'));
  const axis = x === undefined ? -1 : staticAxis(scope, x);
  if (x === undefined || axis < 0) return;
  const list = [x, scope.alike(x)];
  if (scope.tape.once(2)) list.push(scope.alike(x));
  const size = x.shape[axis] as number;
  const shape = x.shape.map((dim, i) => (i === axis ? size * list.length : dim));
  if (!scope.fits(shape)) return;
  const cut = scope.tape.below(size + 1);
  const ids = list.map(({ id }, index) =>
    index === 1 ? scope.builder.one('slice', [id], { axis, start: 0, limit: size - cut }) : id,
  );
  const exact = list.every((item) => item.exact);
  scope.add(scope.builder.one('concat', ids, { axis }), exact, Math.max(...list.map(({ bound }) => bound)));
};

/** Any axis, named ones too. */
export const reverse: Step = (scope) => {
  const x = scope.find(({ shape }) => shape.length > 0);
  if (x === undefined) return;
  scope.add(scope.builder.one('reverse', [x.id], { axis: scope.tape.below(x.shape.length) }), x.exact, x.bound);
};

/** By any i32 value: what is out of range clamps. */
export const gather: Step = (scope) => {
  const x = scope.find(({ shape, dtype }) => shape.length > 0 && dtype !== 'u32');
  const index = scope.find(({ dtype, shape }) => dtype === 'i32' && shape.length < 3);
  if (x === undefined || index === undefined) return;
  const axis = scope.tape.below(x.shape.length);
  const shape = [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)];
  if (scope.size(x.shape[axis] as Dim) === 0 || !scope.fits(shape)) return;
  scope.add(scope.builder.one('gather', [x.id, index.id], { axis }), x.exact, x.bound);
};

/** Where the axes of an i32 value are among those of another. */
export const scatter: Step = (scope) => {
  const index = scope.find(({ dtype, shape }) => dtype === 'i32' && shape.length < 3);
  if (index === undefined) return;
  const rank = index.shape.length;
  const places = scope.values.flatMap((value) => {
    if (value.dtype !== 'f32' && value.dtype !== 'i32') return [];
    return Array.from({ length: value.shape.length - rank + 1 }, (_, axis) => ({ value, axis })).filter(({ axis }) =>
      index.shape.every((dim, i) => value.shape[axis + i] === dim),
    );
  });
  if (places.length === 0) return;
  const { value: x, axis } = scope.tape.pick(places);
  const size = scope.tape.pick(sizes);
  const shape = [...x.shape.slice(0, axis), size, ...x.shape.slice(axis + rank)];
  if (!scope.fits(shape)) return;
  const repeats = Math.max(1, scope.count(index.shape));
  scope.add(scope.builder.one('scatter_add', [x.id, index.id], { axis, size }), x.exact, x.bound * repeats);
};

/** Over any axes. */
export function reduceStep(op: 'reduce_sum' | 'reduce_max'): Step {
  return (scope) => {
    const x = scope.find(({ dtype, shape }) => (dtype === 'f32' || dtype === 'i32') && shape.length > 0);
    if (x === undefined) return;
    const bits = 1 + scope.tape.below(2 ** x.shape.length - 1);
    const axes = x.shape.map((_, axis) => axis).filter((axis) => (bits >> axis) & 1);
    const count = axes.reduce((product, axis) => product * scope.size(x.shape[axis] as Dim), 1);
    if (op === 'reduce_max' && count === 0) return;
    const bound = op === 'reduce_sum' ? x.bound * count : x.bound;
    scope.add(scope.builder.one(op, [x.id], { axes }), x.exact, bound);
  };
}

/** Contracts up to two pairs of equal axes, and batches another. */
export const dot: Step = (scope) => {
  const l = scope.find(({ dtype }) => dtype === 'f32');
  const r = scope.find(({ dtype, shape }) => dtype === 'f32' && shape.some((dim) => l?.shape.includes(dim))) ?? l;
  if (l === undefined || r === undefined) return;
  const pairs: (readonly [number, number])[] = [];
  for (const [i, dim] of l.shape.entries()) {
    const free = r.shape.findIndex((other, j) => other === dim && !pairs.some(([, used]) => used === j));
    if (free >= 0) pairs.push([i, free]);
  }
  const contracted = pairs.slice(0, scope.tape.below(Math.min(pairs.length, 2) + 1) || Math.min(1, pairs.length));
  const batched = pairs.slice(contracted.length, contracted.length + scope.tape.below(2));
  const contract = [contracted.map(([i]) => i), contracted.map(([, j]) => j)] as const;
  const batch = [batched.map(([i]) => i), batched.map(([, j]) => j)] as const;
  const shape = [
    ...batch[0].map((axis) => l.shape[axis] as Dim),
    ...l.shape.filter((_, axis) => !contract[0].includes(axis) && !batch[0].includes(axis)),
    ...r.shape.filter((_, axis) => !contract[1].includes(axis) && !batch[1].includes(axis)),
  ];
  if (!scope.fits(shape)) return;
  const depth = contract[0].reduce((product, axis) => product * scope.size(l.shape[axis] as Dim), 1);
  // A product of exact values may be summed in any order, but its terms may exceed what f32 holds exactly.
  const bound = l.bound * r.bound * depth;
  scope.add(scope.builder.one('dot', [l.id, r.id], { contract, batch }), l.exact && r.exact && bound < 2 ** 20, bound);
};
