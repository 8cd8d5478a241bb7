/**
 * Rules of `simplify` for elementwise ops: neutral elements, signs, choices, and work on repeated values.
 *
 * Every rule holds for infinities and NaN (x · 0 is not 0, x − x is not 0); only the sign of a zero may change.
 * Constants are gathered in products but not in sums, where (1 + x) − 1 is often meant as it stands.
 */

import type { Attributes, Op, ValueId } from '@rheo/ir';
import { opKinds, ops } from '@rheo/ir';
import type { Rewriter, Rule, Rules } from './rewriter.ts';
import { joinPads } from './simplify-concat.ts';

type Binary = (graph: Rewriter, operands: readonly ValueId[]) => ValueId | undefined;

const negated = (graph: Rewriter, id: ValueId): ValueId | undefined => graph.is(id, 'neg')?.operands[0];

const rules: { readonly [K in Op]?: Rule<K> } = {
  add: pair((graph, a, b) => {
    if (graph.uniform(a) === 0) return b;
    if (graph.uniform(b) === 0) return a;
    if (a === b && graph.type(a).dtype !== 'u32') return graph.plain('mul', a, graph.like(a, 2));
    const [minusA, minusB] = [negated(graph, a), negated(graph, b)];
    if (minusB !== undefined) return graph.plain('sub', a, minusB);
    if (minusA !== undefined) return graph.plain('sub', b, minusA);
    return joinPads(graph, a, b);
  }),
  sub: pair((graph, a, b) => {
    if (graph.uniform(b) === 0) return a;
    const minus = negated(graph, b);
    return minus === undefined ? undefined : graph.plain('add', a, minus);
  }),
  mul: pair((graph, a, b) => {
    const [left, right] = [graph.uniform(a), graph.uniform(b)];
    if (left !== undefined) return right === undefined ? scaled(graph, b, left) : undefined;
    if (right !== undefined) return scaled(graph, a, right);
    const [minusA, minusB] = [negated(graph, a), negated(graph, b)];
    return minusA === undefined || minusB === undefined ? undefined : graph.plain('mul', minusA, minusB);
  }),
  div: pair((graph, a, b) => {
    const divisor = graph.uniform(b);
    if (divisor === 1) return a;
    // The reciprocal of a power of two is exact.
    const power = divisor === undefined ? Number.NaN : Math.log2(Math.abs(divisor));
    if (!Number.isInteger(power) || Math.abs(power) > 100) return undefined;
    return graph.plain('mul', a, graph.like(a, 1 / (divisor as number)));
  }),
  neg: (graph, [x]) => {
    const twice = graph.is(x, 'neg')?.operands[0];
    if (twice !== undefined) return twice;
    const difference = graph.is(x, 'sub')?.operands;
    if (difference !== undefined && graph.uses(x as ValueId) <= 1) {
      return graph.plain('sub', difference[1] as ValueId, difference[0] as ValueId);
    }
    const [a, b] = graph.is(x, 'mul')?.operands ?? [];
    if (a === undefined || b === undefined || graph.uses(x as ValueId) > 1) return undefined;
    const [left, right] = [graph.uniform(a), graph.uniform(b)];
    if (left !== undefined) return graph.plain('mul', graph.like(a, -left), b);
    return right === undefined ? undefined : graph.plain('mul', a, graph.like(b, -right));
  },
  abs: (graph, [x]) => {
    const inner = graph.is(x, 'neg')?.operands[0];
    if (inner !== undefined) return graph.plain('abs', inner);
    return graph.is(x, 'abs') === undefined ? undefined : x;
  },
  max: pair((_graph, a, b) => (a === b ? a : undefined)),
  min: pair((_graph, a, b) => (a === b ? a : undefined)),
  and: pair((graph, a, b) => logical(graph, a, b, 1)),
  or: pair((graph, a, b) => logical(graph, a, b, 0)),
  not: (graph, [x]) => graph.is(x, 'not')?.operands[0],
  select: (graph, [p, a, b]) => {
    if (a === b) return a;
    const known = graph.uniform(p as ValueId);
    if (known !== undefined) return known ? a : b;
    const inverted = graph.is(p, 'not')?.operands[0];
    if (inverted === undefined) return undefined;
    return graph.plain('select', inverted, b as ValueId, a as ValueId);
  },
  convert: (graph, [x], { to }) => (graph.type(x as ValueId).dtype === to ? x : undefined),
};

/** Rules of elementwise ops. */
export const arithmeticRules: Rules = Object.fromEntries(
  ops
    .filter((op) => ['unary', 'binary', 'compare', 'select', 'convert'].includes(opKinds[op]))
    .map((op) => [op, [...(op in rules ? [rules[op]] : []), beforeBroadcast(op)]]),
);

function pair(rule: (graph: Rewriter, a: ValueId, b: ValueId) => ValueId | undefined): Binary {
  return (graph, [a, b]) => rule(graph, a as ValueId, b as ValueId);
}

function scaled(graph: Rewriter, x: ValueId, factor: number): ValueId | undefined {
  if (factor === 1) return x;
  const { dtype } = graph.type(x);
  if (factor === -1 && dtype !== 'u32') return graph.plain('neg', x);
  const minus = negated(graph, x);
  if (minus !== undefined) return graph.plain('mul', minus, graph.like(x, -factor));
  const [a, b] = graph.is(x, 'mul')?.operands ?? [];
  if (a === undefined || b === undefined || (dtype !== 'f32' && dtype !== 'f64')) return undefined;
  const [left, right] = [graph.uniform(a), graph.uniform(b)];
  if (right !== undefined) return graph.plain('mul', a, graph.like(b, right * factor));
  if (left !== undefined) return graph.plain('mul', b, graph.like(a, left * factor));
  if (graph.uses(x) > 1) return undefined;
  // A number deeper in the product meets this one there.
  for (const [inner, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const [p, q] = graph.uses(inner) <= 1 ? (graph.is(inner, 'mul')?.operands ?? []) : [];
    if (p === undefined || q === undefined) continue;
    if (graph.uniform(p) === undefined && graph.uniform(q) === undefined) continue;
    return graph.plain('mul', graph.plain('mul', inner, graph.like(inner, factor)), other);
  }
  return undefined;
}

/** `neutral` is the operand that changes nothing; the other constant decides. */
function logical(graph: Rewriter, a: ValueId, b: ValueId, neutral: number): ValueId | undefined {
  if (a === b) return a;
  const [left, right] = [graph.uniform(a), graph.uniform(b)];
  if (left !== undefined) return left === neutral ? b : a;
  return right === undefined ? undefined : right === neutral ? a : b;
}

/** Computes before repeating: op(broadcast(x), broadcast(y), fill) is broadcast(op(x, y, fill)). */
function beforeBroadcast(
  op: Op,
): (graph: Rewriter, operands: readonly ValueId[], attributes: object) => ValueId | undefined {
  return (graph, operands, attributes) => {
    let lead: Attributes['broadcast'] | undefined;
    let source: ValueId | undefined;
    for (const id of operands) {
      const found = graph.is(id, 'broadcast');
      if (found === undefined) return undefined;
      if (lead !== undefined && graph.uniform(id) !== undefined) continue;
      const same = lead !== undefined && lead.axes.join() === found.attributes.axes.join();
      const replace = source === undefined || graph.shape(source).length === 0;
      if (!same && !replace) return undefined;
      if (replace) {
        lead = found.attributes;
        source = found.operands[0];
      }
    }
    if (lead === undefined || source === undefined) return undefined;
    const shape = graph.shape(source);
    const inner = operands.map((id) => {
      const repeated = graph.is(id, 'broadcast')?.operands[0] as ValueId;
      if (graph.shape(repeated).length === shape.length) return repeated;
      return graph.broadcast(repeated, shape, []);
    });
    const [id] = graph.emit(op, inner, attributes as Attributes[Op]);
    return id === undefined ? undefined : graph.broadcast(id, lead.shape, lead.axes);
  };
}
