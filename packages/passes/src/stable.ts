/**
 * Replaces textbook forms that lose accuracy or overflow by forms that do not.
 *
 * exp(x) − 1, log(1 + x), log(1 + exp x), log(logistic x), log Σ exp x. Equal in exact arithmetic; in floats the new
 * forms are closer to it, and finite where the old ones overflow.
 */

import type { Program, ValueId } from '@rheo/ir';
import type { Rewriter, Rules } from './rewriter.ts';
import { rewrite } from './rewriter.ts';
import { range } from './simplify-movement.ts';

/** Largest finite float32: what lies beyond is an infinity. */
const largest = 3.4028234663852886e38;

/** The Program with unstable forms replaced. */
export function stable(program: Program): Program {
  return rewrite(program, stableRules);
}

const stableRules: Rules = {
  sub: [
    (graph, [a, b = 0]) => {
      const inner = graph.is(a, 'exp')?.operands[0];
      return inner === undefined || graph.uniform(b) !== 1 ? undefined : graph.plain('expm1', inner);
    },
  ],
  log: [
    (graph, [x = 0]) => {
      const found = graph.definition(x);
      if (found?.op === 'add') {
        const [a = 0, b = 0] = found.operands;
        if (graph.uniform(a) === 1) return graph.plain('log1p', b);
        return graph.uniform(b) === 1 ? graph.plain('log1p', a) : undefined;
      }
      if (found?.op === 'logistic') {
        const inner = found.operands[0] as ValueId;
        return graph.plain('neg', softplus(graph, graph.plain('neg', inner)));
      }
      return found?.op === 'reduce_sum'
        ? logSumExp(graph, found.operands[0] as ValueId, found.attributes.axes)
        : undefined;
    },
  ],
  log1p: [
    (graph, [x]) => {
      const inner = graph.is(x, 'exp')?.operands[0];
      // exp(−|x|) cannot overflow: that is the form which this rule makes.
      const bounded = graph.is(graph.is(inner, 'neg')?.operands[0], 'abs') !== undefined;
      return inner === undefined || bounded ? undefined : softplus(graph, inner);
    },
  ],
};

/** log(1 + exp x) = max(x, 0) + log1p(exp(−|x|)). */
function softplus(graph: Rewriter, x: ValueId): ValueId {
  const small = graph.plain('log1p', graph.plain('exp', graph.plain('neg', graph.plain('abs', x))));
  return graph.plain('add', graph.plain('max', x, graph.like(x, 0)), small);
}

/** log Σ exp x = m + log Σ exp(x − m) with m the largest x, or 0 where that is infinite. */
function logSumExp(graph: Rewriter, sum: ValueId, axes: readonly number[]): ValueId | undefined {
  const x = graph.is(sum, 'exp')?.operands[0];
  if (x === undefined) return undefined;
  const shape = graph.shape(x);
  // The maximum needs an element; a named axis may have none.
  if (axes.length === 0 || axes.some((axis) => typeof shape[axis] === 'string' || shape[axis] === 0)) return undefined;
  if (graph.is(x, 'sub') !== undefined) return undefined;
  const most = graph.one('reduce_max', [x], { axes });
  const finite = graph.plain('le', graph.plain('abs', most), graph.like(most, largest));
  const shift = graph.plain('select', finite, most, graph.like(most, 0));
  const kept = range(0, shape.length).filter((axis) => !axes.includes(axis));
  const spread = graph.broadcast(shift, shape, kept);
  const total = graph.one('reduce_sum', [graph.plain('exp', graph.plain('sub', x, spread))], { axes });
  return graph.plain('add', shift, graph.leaf('log', [total]));
}
