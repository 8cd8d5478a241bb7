/**
 * Sums what several uses of a value contribute to its cotangent.
 *
 * Pieces of one axis that do not overlap are joined by one concat, so that slicing a value apart (merged heads) does
 * not cost a sum of padded tensors.
 */

import type { Shape } from '@rheo/ir';
import { add } from '../elementwise.ts';
import { concat, pad } from '../movement.ts';
import { zeros } from '../sources.ts';
import { Tensor } from '../tensor.ts';
import type { Contribution, Piece } from './rule.ts';

/** Contributions by value. */
export class Cotangents {
  readonly #bags = new Map<number, Exclude<Contribution, undefined>[]>();

  /** Adds a contribution to the cotangent of a value. */
  add(id: number, contribution: Contribution): void {
    if (contribution === undefined) return;
    const bag = this.#bags.get(id);
    if (bag === undefined) this.#bags.set(id, [contribution]);
    else bag.push(contribution);
  }

  /** The cotangent of a value; undefined for zero. */
  sum(id: number): Tensor | undefined {
    const bag = this.#bags.get(id);
    if (bag === undefined) return undefined;
    const whole = bag.filter((item): item is Tensor => item instanceof Tensor);
    const pieces = bag.filter((item): item is Piece => !(item instanceof Tensor));
    const axes = [...new Set(pieces.map(({ axis }) => axis))];
    for (const axis of axes) whole.push(...join(pieces.filter((piece) => piece.axis === axis)));
    return whole.reduce((total, item) => add(total, item));
  }
}

/** A piece as a contribution to a value whose axis has `size` elements; the whole axis is no piece. */
export function piece(part: Tensor, axis: number, start: number, size: number): Contribution {
  const limit = start + (part.shape[axis] as number);
  if (start === 0 && limit === size) return part;
  return { axis, start, limit, size, part };
}

function join(pieces: readonly Piece[]): Tensor[] {
  const sorted = [...pieces].sort((a, b) => a.start - b.start);
  const apart = sorted.every((item, index) => index === 0 || (sorted[index - 1] as Piece).limit <= item.start);
  if (apart && sorted.length > 1) return [fill(sorted)];
  return sorted.map((item) => fill([item]));
}

function fill(sorted: readonly Piece[]): Tensor {
  const [first] = sorted as [Piece];
  if (sorted.length === 1)
    return pad(first.part, { axis: first.axis, low: first.start, high: first.size - first.limit });
  const parts: Tensor[] = [];
  let next = 0;
  const gapTo = (start: number): void => {
    if (start === next) return;
    const shape: Shape = first.part.shape.map((dim, axis) => (axis === first.axis ? start - next : dim));
    parts.push(zeros(shape, first.part.dtype));
  };
  for (const item of sorted) {
    gapTo(item.start);
    parts.push(item.part);
    next = item.limit;
  }
  gapTo(first.size);
  return concat(parts, first.axis);
}
