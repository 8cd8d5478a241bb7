/**
 * Ways to look at a tensor through ops that only move elements: compilers turn them into strides, offsets and reads
 * backwards, and must still read the right element.
 */

import type { ProgramBuilder, ValueId } from '@rheo/ir';

/** From a parameter of shape `from(shape)` to a value of `shape`. */
export interface View {
  from(shape: readonly number[]): readonly number[];
  apply(b: ProgramBuilder, id: ValueId, shape: readonly number[]): ValueId;
}

/** The parameter itself. */
export const plainView: View = { from: (shape) => shape, apply: (_b, id) => id };

/** Names of the views. */
export const viewNames = [
  'transposed',
  'rotated',
  'reversed',
  'reversed-all',
  'sliced',
  'reversed-slice-of-transpose',
  'slice-of-reversed',
  'repeated-scalar',
  'repeated-row',
  'repeated-column',
  'padded',
  'joined',
  'reshaped',
  'padded-slice-reversed',
] as const;

/** The views by name. Shapes have rank 2 or more and no empty axis. */
export const views: { readonly [K in (typeof viewNames)[number]]: View } = {
  transposed: {
    from: (shape) => [...shape].reverse(),
    apply: (b, id) => backwards(b, id),
  },
  rotated: {
    from: (shape) => [...shape.slice(1), shape[0] as number],
    apply: (b, id, shape) =>
      b.one('transpose', [id], { permutation: shape.map((_, axis) => (axis + shape.length - 1) % shape.length) }),
  },
  reversed: { from: (shape) => shape, apply: (b, id, shape) => b.one('reverse', [id], { axis: shape.length - 1 }) },
  'reversed-all': { from: (shape) => shape, apply: (b, id, shape) => reversed(b, id, shape) },
  sliced: { from: (shape) => shape.map((dim) => dim + 3), apply: (b, id, shape) => sliced(b, id, shape, 1) },
  'reversed-slice-of-transpose': {
    from: (shape) => shape.map((dim) => dim + 3).reverse(),
    apply: (b, id, shape) => reversed(b, sliced(b, backwards(b, id), shape, 2), shape),
  },
  'slice-of-reversed': {
    from: (shape) => shape.map((dim) => dim + 3),
    apply: (b, id, shape) => sliced(b, reversed(b, id, shape), shape, 2),
  },
  'repeated-scalar': { from: () => [], apply: (b, id, shape) => b.broadcast(id, shape, []) },
  'repeated-row': {
    from: (shape) => shape.slice(1),
    apply: (b, id, shape) => b.broadcast(id, shape, axesOf(shape).slice(1)),
  },
  'repeated-column': {
    from: (shape) => shape.slice(0, -1),
    apply: (b, id, shape) => b.broadcast(id, shape, axesOf(shape).slice(0, -1)),
  },
  padded: {
    from: (shape) => shape.map((dim) => dim - 2),
    apply: (b, id, shape) => shape.reduce((x, _, axis) => b.one('pad', [x], { axis, low: 1, high: 1 }), id),
  },
  joined: {
    from: (shape) => shape,
    apply: (b, id, shape) => {
      const axis = shape.length - 1;
      const half = Math.ceil((shape[axis] as number) / 2);
      const left = b.one('slice', [id], { axis, start: 0, limit: half });
      const right = b.one('slice', [id], { axis, start: half, limit: shape[axis] as number });
      return b.one('concat', [right, left], { axis });
    },
  },
  reshaped: {
    from: (shape) => [shape.reduce((product, dim) => product * dim, 1)],
    apply: (b, id, shape) => b.one('reshape', [id], { shape }),
  },
  'padded-slice-reversed': {
    from: (shape) => shape,
    apply: (b, id, shape) => {
      const axis = shape.length - 1;
      const size = shape[axis] as number;
      const back = b.one('reverse', [b.one('slice', [id], { axis, start: 1, limit: size })], { axis });
      return b.one('pad', [back], { axis, low: 1, high: 0 });
    },
  },
};

/** Transpose, slice, reverse and pad of a result: what it is stored as must not matter. */
export function viewAfter(b: ProgramBuilder, id: ValueId): ValueId {
  const shape = b.type(id).shape as readonly number[];
  const turned = backwards(b, id);
  const last = shape.length - 1;
  const cut = b.one('slice', [turned], { axis: last, start: 1, limit: shape[0] as number });
  const back = b.one('reverse', [cut], { axis: 0 });
  return b.one('pad', [back], { axis: 0, low: 2, high: 1 });
}

function axesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => axis);
}

function backwards(b: ProgramBuilder, id: ValueId): ValueId {
  return b.one('transpose', [id], { permutation: axesOf(b.type(id).shape as readonly number[]).reverse() });
}

function reversed(b: ProgramBuilder, id: ValueId, shape: readonly number[]): ValueId {
  return shape.reduce((x, _, axis) => b.one('reverse', [x], { axis }), id);
}

function sliced(b: ProgramBuilder, id: ValueId, shape: readonly number[], start: number): ValueId {
  return shape.reduce((x, dim, axis) => b.one('slice', [x], { axis, start, limit: start + dim }), id);
}
