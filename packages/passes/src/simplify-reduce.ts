/**
 * Rules of `simplify` for reductions and products: reductions of repeated values, chains, empty and single axes,
 * and transposes that a product takes in.
 */

import type { Attributes, ValueId } from '@rheo/ir';
import type { Rewriter, Rule, Rules } from './rewriter.ts';
import { range } from './simplify-movement.ts';

const reduceSum: Rule<'reduce_sum'> = (graph, [x = 0], { axes }) => {
  const { dtype, shape } = graph.type(x);
  if (axes.length === 0) return x;
  if (axes.some((axis) => shape[axis] === 0) || graph.uniform(x) === 0) {
    return graph.fill(dtype, without(shape, axes), 0);
  }
  const general = reduced(graph, 'reduce_sum', x, axes);
  if (general !== undefined) return general;
  const repeated = graph.is(x, 'broadcast');
  if (repeated !== undefined) {
    // Axes that only repeat count; a named one stays, as its size may be 0.
    const counted = axes.filter((axis) => !repeated.attributes.axes.includes(axis) && typeof shape[axis] === 'number');
    if (counted.length === 0) return undefined;
    const count = counted.reduce((product, axis) => product * (shape[axis] as number), 1);
    const sum = overRest(graph, 'reduce_sum', repeated.operands[0] as ValueId, repeated.attributes, axes, counted);
    return graph.plain('mul', sum, graph.like(sum, count));
  }
  const padded = graph.is(x, 'pad');
  if (padded !== undefined && axes.includes(padded.attributes.axis)) {
    return graph.one('reduce_sum', padded.operands, { axes });
  }
  return undefined;
};

const reduceMax: Rule<'reduce_max'> = (graph, [x = 0], { axes }) => {
  if (axes.length === 0) return x;
  const general = reduced(graph, 'reduce_max', x, axes);
  if (general !== undefined) return general;
  const repeated = graph.is(x, 'broadcast');
  if (repeated === undefined) return undefined;
  const { shape } = repeated.attributes;
  const dropped = axes.filter((axis) => !repeated.attributes.axes.includes(axis) && typeof shape[axis] === 'number');
  if (dropped.length === 0) return undefined;
  return overRest(graph, 'reduce_max', repeated.operands[0] as ValueId, repeated.attributes, axes, dropped);
};

/** Rules that hold for both reductions: single axes, chains, transposed operands. */
function reduced(
  graph: Rewriter,
  op: 'reduce_sum' | 'reduce_max',
  x: ValueId,
  axes: readonly number[],
): ValueId | undefined {
  const shape = graph.shape(x);
  if (axes.every((axis) => shape[axis] === 1)) return graph.one('reshape', [x], { shape: without(shape, axes) });
  const chain = graph.is(x, op);
  if (chain !== undefined) {
    const [inner = 0] = chain.operands;
    const kept = rest(graph.shape(inner).length, chain.attributes.axes);
    const all = [...chain.attributes.axes, ...axes.map((axis) => kept[axis] as number)].sort((a, b) => a - b);
    return graph.one(op, [inner], { axes: all });
  }
  const turned = graph.is(x, 'transpose');
  if (turned !== undefined) {
    const { permutation } = turned.attributes;
    const kept = rest(shape.length, axes).map((axis) => permutation[axis] as number);
    const inner = axes.map((axis) => permutation[axis] as number).sort((a, b) => a - b);
    const sum = graph.one(op, turned.operands, { axes: inner });
    const order = [...kept].sort((a, b) => a - b);
    return graph.one('transpose', [sum], { permutation: kept.map((axis) => order.indexOf(axis)) });
  }
  return undefined;
}

/** Reduces a broadcast value over `axes` without the axes `dropped` that only repeat it. */
function overRest(
  graph: Rewriter,
  op: 'reduce_sum' | 'reduce_max',
  source: ValueId,
  { shape, axes: kept }: Attributes['broadcast'],
  axes: readonly number[],
  dropped: readonly number[],
): ValueId {
  const left = rest(shape.length, dropped);
  const narrow = graph.broadcast(
    source,
    left.map((axis) => shape[axis] as number | string),
    kept.map((axis) => left.indexOf(axis)),
  );
  const remaining = axes.filter((axis) => !dropped.includes(axis)).map((axis) => left.indexOf(axis));
  return graph.one(op, [narrow], { axes: remaining });
}

const dot: Rule<'dot'> = (graph, operands, { contract, batch }) => {
  const [left = 0, right = 0] = operands;
  if (contract[0].some((axis) => graph.dim(left, axis) === 0)) {
    const free = (id: ValueId, side: 0 | 1): (number | string)[] =>
      without(graph.shape(id), [...contract[side], ...batch[side]]);
    const shape = [...batch[0].map((axis) => graph.dim(left, axis)), ...free(left, 0), ...free(right, 1)];
    return graph.fill(graph.type(left).dtype, shape, 0);
  }
  for (const side of [0, 1] as const) {
    const turned = graph.is(operands[side], 'transpose');
    if (turned === undefined) continue;
    const { permutation } = turned.attributes;
    const free = rest(permutation.length, [...contract[side], ...batch[side]]).map(
      (axis) => permutation[axis] as number,
    );
    if (free.some((axis, i) => i > 0 && axis < (free[i - 1] as number))) continue;
    const through = (
      pairs: readonly [readonly number[], readonly number[]],
    ): [readonly number[], readonly number[]] => {
      const mapped = pairs[side].map((axis) => permutation[axis] as number);
      return side === 0 ? [mapped, pairs[1]] : [pairs[0], mapped];
    };
    const inner = turned.operands[0] as ValueId;
    return graph.one('dot', side === 0 ? [inner, right] : [left, inner], {
      contract: through(contract),
      batch: through(batch),
    });
  }
  return undefined;
};

/** Rules of reductions and products. */
export const reduceRules: Rules = { reduce_sum: [reduceSum], reduce_max: [reduceMax], dot: [dot] };

function rest(rank: number, axes: readonly number[]): number[] {
  return range(0, rank).filter((axis) => !axes.includes(axis));
}

function without(shape: readonly (number | string)[], axes: readonly number[]): (number | string)[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}
