/**
 * Gradient rules of movement, indices, reductions and products: each is the transpose of its op.
 */

import type { Dim } from '@rheo/ir';
import { convert, div, eq, mul } from '../elementwise.ts';
import { broadcast, gather, reshape, reverse, scatterAdd, slice, transpose } from '../movement.ts';
import { dot, reduceSum } from '../reductions.ts';
import type { Tensor } from '../tensor.ts';
import { piece } from './cotangents.ts';
import type { Contribution, Pull } from './rule.ts';

/** Back to the old shape. */
export function reshapeRule({ operands, cotangent }: Pull<'reshape'>): Contribution[] {
  return [reshape(cotangent, shapeOf(operands, 0))];
}

/** The inverse permutation. */
export function transposeRule({ attributes, cotangent }: Pull<'transpose'>): Contribution[] {
  return [
    transpose(
      cotangent,
      attributes.permutation.map((_, axis) => attributes.permutation.indexOf(axis)),
    ),
  ];
}

/** The sum over the axes along which it was repeated. */
export function broadcastRule({ attributes, cotangent }: Pull<'broadcast'>): Contribution[] {
  return [
    reduceSum(
      cotangent,
      attributes.shape.map((_, axis) => axis).filter((axis) => !attributes.axes.includes(axis)),
    ),
  ];
}

/** A piece of the operand. */
export function sliceRule({ attributes, operands, cotangent }: Pull<'slice'>): Contribution[] {
  const { axis, start } = attributes;
  return [piece(cotangent, axis, start, shapeOf(operands, 0)[axis] as number)];
}

/** What lies between the zeros. */
export function padRule({ attributes, operands, cotangent }: Pull<'pad'>): Contribution[] {
  const { axis, low } = attributes;
  return [slice(cotangent, { axis, start: low, limit: low + (shapeOf(operands, 0)[axis] as number) })];
}

/** A slice for each operand. */
export function concatRule({ attributes, operands, cotangent, wanted }: Pull<'concat'>): Contribution[] {
  const { axis } = attributes;
  let next = 0;
  return operands.map((operand, index) => {
    const start = next;
    next += operand.shape[axis] as number;
    return wanted[index] === true ? slice(cotangent, { axis, start, limit: next }) : undefined;
  });
}

/** Back again. */
export function reverseRule({ attributes, cotangent }: Pull<'reverse'>): Contribution[] {
  return [reverse(cotangent, attributes.axis)];
}

/** Every taken element goes back to where it came from. */
export function gatherRule({ attributes, operands, cotangent }: Pull<'gather'>): Contribution[] {
  const { axis } = attributes;
  const [, index] = operands as [Tensor, Tensor];
  return [scatterAdd(cotangent, index, { axis, size: shapeOf(operands, 0)[axis] as Dim }), undefined];
}

/** Every update takes what arrived where it was added. */
export function scatterAddRule({ attributes, operands, cotangent }: Pull<'scatter_add'>): Contribution[] {
  return [gather(cotangent, operands[1] as Tensor, attributes.axis), undefined];
}

/** Repeated along the summed axes. */
export function reduceSumRule({ attributes, operands, cotangent }: Pull<'reduce_sum'>): Contribution[] {
  return [repeat(cotangent, operands, attributes.axes)];
}

/** Shared equally among the elements that are the maximum. */
export function reduceMaxRule({ attributes, operands, result, cotangent }: Pull<'reduce_max'>): Contribution[] {
  const [x] = operands as [Tensor];
  const { axes } = attributes;
  const top = convert(eq(x, repeat(result, operands, axes)), x.dtype);
  return [mul(top, repeat(div(cotangent, reduceSum(top, axes)), operands, axes))];
}

/** Products with the other operand, its axes put back in order. */
export function dotRule({ attributes, operands, cotangent, wanted }: Pull<'dot'>): Contribution[] {
  const [left, right] = operands as [Tensor, Tensor];
  const { contract, batch } = attributes;
  const leftFree = freeAxes(left, contract[0], batch[0]);
  const rightFree = freeAxes(right, contract[1], batch[1]);
  const kept = batch[0].map((_, axis) => axis);
  const leftAt = leftFree.map((_, index) => kept.length + index);
  const rightAt = rightFree.map((_, index) => kept.length + leftFree.length + index);
  const contribution: Contribution[] = [undefined, undefined];
  if (wanted[0] === true) {
    const product = dot(cotangent, right, { contract: [rightAt, rightFree], batch: [kept, batch[1]] });
    contribution[0] = order(product, [...batch[0], ...leftFree, ...paired(contract[1], contract[0])]);
  }
  if (wanted[1] === true) {
    const product = dot(left, cotangent, { contract: [leftFree, leftAt], batch: [batch[0], kept] });
    contribution[1] = order(product, [...batch[1], ...paired(contract[0], contract[1]), ...rightFree]);
  }
  return contribution;
}

/** Axes of the other operand that belong to the contracted axes of one, these in increasing order. */
function paired(own: readonly number[], other: readonly number[]): number[] {
  return [...own].sort((a, b) => a - b).map((axis) => other[own.indexOf(axis)] as number);
}

/** Moves result axis i to position target[i]. */
function order(x: Tensor, target: readonly number[]): Tensor {
  return transpose(
    x,
    target.map((_, axis) => target.indexOf(axis)),
  );
}

function freeAxes(x: Tensor, contract: readonly number[], batch: readonly number[]): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => !contract.includes(axis) && !batch.includes(axis));
}

function repeat(reduced: Tensor, operands: readonly Tensor[], axes: readonly number[]): Tensor {
  const shape = shapeOf(operands, 0);
  return broadcast(
    reduced,
    shape,
    shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
  );
}

function shapeOf(operands: readonly Tensor[], index: number): readonly Dim[] {
  return (operands[index] as Tensor).shape;
}
