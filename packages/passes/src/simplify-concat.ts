/**
 * Sums of padded values that do not overlap, as the gradients of slices are, become one `concat`.
 */

import type { ValueId } from '@rheo/ir';
import type { Rewriter } from './rewriter.ts';

/** Sums longer than this are not searched for padded terms. */
const maxTerms = 32;

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly ids: readonly ValueId[];
}

/** a + b with padded terms joined; undefined when there is nothing to join. */
export function joinPads(graph: Rewriter, a: ValueId, b: ValueId): ValueId | undefined {
  const terms: ValueId[] = [];
  flatten(graph, a, terms);
  flatten(graph, b, terms);
  const pads = terms.map((id) => graph.is(id, 'pad'));
  const axis = pads.find((pad) => pad !== undefined)?.attributes.axis;
  if (axis === undefined || terms.length > maxTerms) return undefined;
  const rest: ValueId[] = [];
  const pieces: Piece[] = [];
  terms.forEach((id, index) => {
    const pad = pads[index];
    const [inner] = pad?.operands ?? [];
    if (pad === undefined || inner === undefined || pad.attributes.axis !== axis) rest.push(id);
    else {
      const from = pad.attributes.low;
      const concat = graph.is(inner, 'concat');
      const ids = concat?.attributes.axis === axis ? concat.operands : [inner];
      pieces.push({ from, to: from + (graph.dim(inner, axis) as number), ids });
    }
  });
  const joined = join(pieces);
  if (joined.length === pieces.length) return undefined;
  const total = graph.dim(a, axis) as number;
  const sums = joined.map(({ from, to, ids }) => {
    const whole = ids.length === 1 ? (ids[0] as ValueId) : graph.one('concat', ids, { axis });
    return graph.one('pad', [whole], { axis, low: from, high: total - to });
  });
  return [...rest, ...sums].reduce((sum, id) => graph.plain('add', sum, id));
}

/** Joins pieces that touch; pieces that overlap stay apart. */
function join(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of [...pieces].sort((p, q) => p.from - q.from)) {
    const touching = joined.findIndex((other) => other.to === piece.from);
    const other = joined[touching];
    if (other === undefined) joined.push(piece);
    else joined[touching] = { from: other.from, to: piece.to, ids: [...other.ids, ...piece.ids] };
  }
  return joined;
}

/** Terms of a sum whose inner sums nobody else reads. */
function flatten(graph: Rewriter, id: ValueId, terms: ValueId[]): void {
  const sum = graph.uses(id) <= 1 ? graph.is(id, 'add') : undefined;
  if (sum === undefined || terms.length > maxTerms) terms.push(id);
  else for (const operand of sum.operands) flatten(graph, operand, terms);
}
