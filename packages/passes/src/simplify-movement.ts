/**
 * Rules of `simplify` for ops that move elements: undo, compose, and look through one another.
 */

import type { Attributes, Op, ValueId } from '@rheo/ir';
import { opKinds, sameShape } from '@rheo/ir';
import type { Rewriter, Rule, Rules } from './rewriter.ts';

const reshape: Rule<'reshape'> = (graph, [x = 0], { shape }) => {
  if (sameShape(graph.shape(x), shape)) return x;
  const inner = graph.is(x, 'reshape')?.operands[0];
  if (inner !== undefined) return graph.one('reshape', [inner], { shape });
  const value = graph.uniform(x);
  return value === undefined ? undefined : graph.fill(graph.type(x).dtype, shape, value);
};

const transpose: Rule<'transpose'> = (graph, [x = 0], { permutation }) => {
  if (permutation.every((axis, i) => axis === i)) return x;
  const twice = graph.is(x, 'transpose');
  if (twice !== undefined) {
    const first = twice.attributes.permutation;
    return graph.one('transpose', twice.operands, { permutation: permutation.map((axis) => first[axis] as number) });
  }
  const repeated = graph.is(x, 'broadcast');
  if (repeated !== undefined) {
    const { shape, axes } = repeated.attributes;
    const moved = axes.map((axis) => permutation.indexOf(axis));
    const order = moved.map((_, i) => i).sort((a, b) => (moved[a] as number) - (moved[b] as number));
    const inner = graph.one('transpose', repeated.operands, { permutation: order });
    return graph.broadcast(
      inner,
      permutation.map((axis) => shape[axis] as number | string),
      order.map((i) => moved[i] as number),
    );
  }
  return turnedDot(graph, x, permutation);
};

/** A product whose result is transposed is the product of the exchanged operands. */
function turnedDot(graph: Rewriter, x: ValueId, permutation: readonly number[]): ValueId | undefined {
  const dot = graph.is(x, 'dot');
  if (dot === undefined || graph.uses(x) > 1) return undefined;
  const [left = 0, right = 0] = dot.operands;
  const { contract, batch } = dot.attributes;
  const first = batch[0].length;
  const lefts = graph.shape(left).length - contract[0].length - first;
  const rights = graph.shape(right).length - contract[1].length - first;
  const turned = [...range(0, first), ...range(first + lefts, rights), ...range(first, lefts)];
  if (turned.some((axis, i) => axis !== permutation[i])) return undefined;
  return graph.one('dot', [right, left], { contract: [contract[1], contract[0]], batch: [batch[1], batch[0]] });
}

const broadcast: Rule<'broadcast'> = (graph, [x = 0], { shape, axes }) => {
  if (axes.length === shape.length) return x;
  const inner = graph.is(x, 'broadcast');
  if (inner !== undefined) {
    const composed = inner.attributes.axes.map((axis) => axes[axis] as number);
    return graph.broadcast(inner.operands[0] as ValueId, shape, composed);
  }
  const value = axes.length === 0 ? undefined : graph.uniform(x);
  if (value !== undefined) return graph.fill(graph.type(x).dtype, shape, value);
  const reshaped = graph.is(x, 'reshape');
  const kept = reshaped && withoutOnes(graph, reshaped.operands[0] as ValueId, reshaped.attributes);
  if (reshaped === undefined || kept === undefined) return undefined;
  return graph.broadcast(
    reshaped.operands[0] as ValueId,
    shape,
    kept.map((axis) => axes[axis] as number),
  );
};

/** Result axes of a reshape that only inserts axes of size 1, in order of the operand's axes. */
function withoutOnes(graph: Rewriter, x: ValueId, { shape }: Attributes['reshape']): number[] | undefined {
  const before = graph.shape(x);
  const kept: number[] = [];
  shape.forEach((dim, axis) => {
    if (dim === before[kept.length]) kept.push(axis);
  });
  const inserted = shape.every((dim, axis) => dim === 1 || kept.includes(axis));
  return kept.length === before.length && inserted ? kept : undefined;
}

const slice: Rule<'slice'> = (graph, [x = 0], { axis, start, limit }) => {
  const size = graph.dim(x, axis) as number;
  if (start === 0 && limit === size) return x;
  const { dtype, shape } = graph.type(x);
  const found = graph.definition(x);
  if (found === undefined) return undefined;
  const cut = (id: ValueId, from: number, to: number, on: number = axis): ValueId =>
    graph.one('slice', [id], { axis: on, start: from, limit: to });
  const [inner = 0] = found.operands;
  switch (found.op) {
    case 'slice':
      if (found.attributes.axis !== axis) return undefined;
      return cut(inner, found.attributes.start + start, found.attributes.start + limit);
    case 'broadcast': {
      const { axes } = found.attributes;
      const source = axes.indexOf(axis);
      const narrowed = shape.map((dim, i) => (i === axis ? limit - start : dim));
      return graph.broadcast(source < 0 ? inner : cut(inner, start, limit, source), narrowed, axes);
    }
    case 'concat': {
      if (found.attributes.axis !== axis) return undefined;
      const parts: ValueId[] = [];
      let from = 0;
      for (const part of found.operands) {
        const length = graph.dim(part, axis) as number;
        const [low, high] = [Math.max(start - from, 0), Math.min(limit - from, length)];
        if (low < high) parts.push(cut(part, low, high));
        from += length;
      }
      if (parts.length === found.operands.length) return undefined;
      return parts.length === 0 ? empty(graph, x, axis) : graph.one('concat', parts, { axis });
    }
    case 'pad': {
      if (found.attributes.axis !== axis) return undefined;
      const { low, high } = found.attributes;
      const end = size - high;
      const [from, to] = [Math.max(start, low), Math.min(limit, end)];
      if (from >= to) return graph.fill(dtype, narrowed(shape, axis, limit - start), 0);
      return graph.one('pad', [cut(inner, from - low, to - low)], { axis, low: from - start, high: limit - to });
    }
    case 'dot':
      return graph.uses(x) > 1 ? undefined : slicedDot(graph, found.operands, found.attributes, axis, [start, limit]);
    default: {
      const kind = opKinds[found.op];
      if (graph.uses(x) > 1 || (kind !== 'unary' && kind !== 'binary' && kind !== 'convert')) return undefined;
      const [id] = graph.emit(
        found.op as Op,
        found.operands.map((operand) => cut(operand, start, limit)),
        found.attributes as Attributes[Op],
      );
      return id;
    }
  }
};

/** A slice of a product is a product of slices. */
function slicedDot(
  graph: Rewriter,
  [left = 0, right = 0]: readonly ValueId[],
  { contract, batch }: Attributes['dot'],
  axis: number,
  [start, limit]: readonly [number, number],
): ValueId {
  const cut = (id: ValueId, on: number): ValueId => graph.one('slice', [id], { axis: on, start, limit });
  const free = (id: ValueId, side: 0 | 1): number[] =>
    range(0, graph.shape(id).length).filter((on) => !contract[side].includes(on) && !batch[side].includes(on));
  const lefts = free(left, 0);
  const first = batch[0].length;
  const inLeft = axis < first ? batch[0][axis] : lefts[axis - first];
  const inRight = axis < first ? batch[1][axis] : free(right, 1)[axis - first - lefts.length];
  const operands = [
    inLeft === undefined ? left : cut(left, inLeft),
    inRight === undefined ? right : cut(right, inRight),
  ];
  return graph.one('dot', operands, { contract, batch });
}

const pad: Rule<'pad'> = (graph, [x = 0], { axis, low, high }) => {
  if (low === 0 && high === 0) return x;
  const { dtype, shape } = graph.type(x);
  const size = shape[axis] as number;
  if (graph.uniform(x) === 0 || size === 0) return graph.fill(dtype, narrowed(shape, axis, low + size + high), 0);
  const inner = graph.is(x, 'pad');
  if (inner?.attributes.axis !== axis) return undefined;
  const { attributes } = inner;
  return graph.one('pad', inner.operands, { axis, low: low + attributes.low, high: high + attributes.high });
};

const concat: Rule<'concat'> = (graph, operands, { axis }) => {
  const [first = 0] = operands;
  if (operands.length === 1) return first;
  const parts: ValueId[] = [];
  for (const id of operands) {
    const nested = graph.uses(id) <= 1 ? graph.is(id, 'concat') : undefined;
    for (const part of nested?.attributes.axis === axis ? nested.operands : [id]) {
      if (graph.dim(part, axis) === 0) continue;
      const merged = parts.length === 0 ? undefined : joined(graph, parts.at(-1) as ValueId, part, axis);
      if (merged === undefined) parts.push(part);
      else parts[parts.length - 1] = merged;
    }
  }
  if (parts.length === 0) return first;
  if (parts.length === operands.length && parts.every((id, i) => id === operands[i])) return undefined;
  return graph.one('concat', parts, { axis });
};

/** One value for two neighbours in a concat: slices of one value that touch, or equal fills. */
function joined(graph: Rewriter, a: ValueId, b: ValueId, axis: number): ValueId | undefined {
  const [left, right] = [graph.uniform(a), graph.uniform(b)];
  const size = (graph.dim(a, axis) as number) + (graph.dim(b, axis) as number);
  if (left !== undefined && Object.is(left, right)) {
    const { dtype, shape } = graph.type(a);
    return graph.fill(dtype, narrowed(shape, axis, size), left);
  }
  const [p, q] = [graph.is(a, 'slice'), graph.is(b, 'slice')];
  if (p === undefined || q === undefined || p.operands[0] !== q.operands[0]) return undefined;
  const { start, limit } = p.attributes;
  if (p.attributes.axis !== axis || q.attributes.axis !== axis || limit !== q.attributes.start) return undefined;
  return graph.one('slice', p.operands, { axis, start, limit: q.attributes.limit });
}

const reverse: Rule<'reverse'> = (graph, [x = 0], { axis }) => {
  if (graph.dim(x, axis) === 1) return x;
  const twice = graph.is(x, 'reverse');
  if (twice?.attributes.axis === axis) return twice.operands[0];
  const repeated = graph.is(x, 'broadcast');
  if (repeated === undefined) return undefined;
  const source = repeated.attributes.axes.indexOf(axis);
  if (source < 0) return x;
  const inner = graph.one('reverse', repeated.operands, { axis: source });
  return graph.broadcast(inner, repeated.attributes.shape, repeated.attributes.axes);
};

const constant: Rule<'constant'> = (graph, _operands, { dtype, shape, value }) => {
  const [first] = value;
  if (shape.length === 0 || first === undefined || !value.every((item) => Object.is(item, first))) return undefined;
  return graph.fill(dtype, shape, first);
};

const scatterAdd: Rule<'scatter_add'> = (graph, [updates = 0, index = 0], { axis, size }) => {
  if (graph.uniform(updates) !== 0) return undefined;
  const { dtype, shape } = graph.type(updates);
  const rank = graph.shape(index).length;
  return graph.fill(dtype, [...shape.slice(0, axis), size, ...shape.slice(axis + rank)], 0);
};

/** Rules of movement ops. */
export const movementRules: Rules = {
  constant: [constant],
  reshape: [reshape],
  transpose: [transpose],
  broadcast: [broadcast],
  slice: [slice],
  pad: [pad],
  concat: [concat],
  reverse: [reverse],
  scatter_add: [scatterAdd],
};

function empty(graph: Rewriter, x: ValueId, axis: number): ValueId {
  const { dtype, shape } = graph.type(x);
  return graph.fill(dtype, narrowed(shape, axis, 0), 0);
}

function narrowed(shape: readonly (number | string)[], axis: number, size: number): (number | string)[] {
  return shape.map((dim, i) => (i === axis ? size : dim));
}

/** `count` numbers from `start`. */
export function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
