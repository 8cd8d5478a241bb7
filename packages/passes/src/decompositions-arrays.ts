/**
 * Expansions of ops on whole arrays: concat, reverse, reduce_max, argmax, dot.
 */

import type { Attributes, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { at } from './rebuild.ts';
import { range } from './simplify-movement.ts';

/** A sum of padded parts; u32 and bool have no such sum of their own. */
export function concat(
  b: ProgramBuilder,
  operands: readonly ValueId[],
  { axis }: Attributes['concat'],
): ValueId | undefined {
  const { dtype } = b.type(at(operands, 0));
  if (dtype === 'bool') return undefined;
  const sizes = operands.map((id) => b.type(id).shape[axis] as number);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let low = 0;
  const parts = operands.map((id, i) => {
    const size = at(sizes, i);
    const part = b.one('pad', [id], { axis, low, high: total - low - size });
    low += size;
    return part;
  });
  return parts.reduce((sum, part) => b.plain('add', sum, part));
}

/** A gather by n − 1, n − 2 …; u32 cannot be gathered, and an empty axis has nothing to gather. */
export function reverse(
  b: ProgramBuilder,
  [x = 0]: readonly ValueId[],
  { axis }: Attributes['reverse'],
): ValueId | undefined {
  const { dtype, shape } = b.type(x);
  const size = at(shape, axis);
  if (dtype === 'u32') return undefined;
  if (size === 0) return x;
  const count = typeof size === 'number' ? b.constant('i32', [], [size]) : b.one('dimension', [], { name: size });
  const last = b.plain('sub', count, b.constant('i32', [], [1]));
  const steps = b.one('iota', [], { dtype: 'i32', shape: [size], axis: 0 });
  return b.one('gather', [x, b.plain('sub', b.broadcast(last, [size], []), steps)], { axis });
}

/** A scan over the reduced axis that carries the maximum, from the first element on. */
export function reduceMax(b: ProgramBuilder, [x = 0]: readonly ValueId[], { axes }: Attributes['reduce_max']): ValueId {
  const [axis] = axes;
  if (axis === undefined) return x;
  const { dtype, shape } = b.type(x);
  const rest = range(0, shape.length).filter((i) => i !== axis);
  const rows = b.one('transpose', [x], { permutation: [axis, ...rest] });
  const kept = rest.map((i) => at(shape, i));
  const index = b.constant('i32', [], [0]);
  const first = b.one('gather', [rows, index], { axis: 0 });
  const inner = new ProgramBuilder();
  const [most, row] = [inner.param({ dtype, shape: kept }), inner.param({ dtype, shape: kept })];
  const body = inner.build([inner.plain('max', most, row)]);
  const [result = 0] = b.emit('scan', [first, rows], {
    body,
    length: at(shape, axis),
    reverse: false,
    consts: 0,
    carries: 1,
  });
  const others = axes.slice(1).map((i) => (i > axis ? i - 1 : i));
  return others.length === 0 ? result : b.one('reduce_max', [result], { axes: others });
}

/** The least index at which the maximum stands: minus the maximum of minus the indices there. */
export function argmax(b: ProgramBuilder, [x = 0]: readonly ValueId[], { axis }: Attributes['argmax']): ValueId {
  const { shape } = b.type(x);
  const kept = range(0, shape.length).filter((i) => i !== axis);
  const most = b.broadcast(b.one('reduce_max', [x], { axes: [axis] }), shape, kept);
  const indices = b.plain('neg', b.one('iota', [], { dtype: 'i32', shape, axis }));
  const none = b.fill('i32', shape, -(2 ** 24));
  const found = b.plain('select', b.plain('eq', x, most), indices, none);
  return b.plain('neg', b.one('reduce_max', [found], { axes: [axis] }));
}

/** Products of all pairs, summed: batch, free of left, free of right, then what is contracted. */
export function dotAsSum(
  b: ProgramBuilder,
  [left = 0, right = 0]: readonly ValueId[],
  { contract, batch }: Attributes['dot'],
): ValueId {
  const shapes = [b.type(left).shape, b.type(right).shape] as const;
  const free = ([0, 1] as const).map((side) =>
    range(0, shapes[side].length).filter((axis) => !contract[side].includes(axis) && !batch[side].includes(axis)),
  );
  const [frees = [], others = []] = free;
  const shape = [
    ...batch[0].map((axis) => at(shapes[0], axis)),
    ...frees.map((axis) => at(shapes[0], axis)),
    ...others.map((axis) => at(shapes[1], axis)),
    ...contract[0].map((axis) => at(shapes[0], axis)),
  ];
  const batches = batch[0].length;
  const end = batches + frees.length + others.length;
  const spread = (id: ValueId, side: 0 | 1): ValueId => {
    const own = side === 0 ? frees : others;
    const permutation = [...batch[side], ...own, ...contract[side]];
    const from = side === 0 ? batches : batches + frees.length;
    const axes = [...range(0, batches), ...range(from, own.length), ...range(end, contract[side].length)];
    return b.broadcast(b.one('transpose', [id], { permutation }), shape, axes);
  };
  return b.one('reduce_sum', [b.plain('mul', spread(left, 0), spread(right, 1))], {
    axes: range(end, contract[0].length),
  });
}
