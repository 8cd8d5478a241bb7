/**
 * dot as Gemm for two matrices, and as MatMul between reshapes for everything else.
 *
 * An operand is transposed only if its axes do not already stand as free then contracted, or the other way round,
 * which Gemm takes as it is.
 */

import type { Attributes, Dim, Shape, TensorType } from '@rheo/ir';
import type { GraphScope, Value } from './graph-scope.ts';

interface Side {
  readonly name: string;
  /** True if the contracted axis comes first. */
  readonly turned: boolean;
  readonly free: readonly Dim[];
}

/** The product; the sums have at least one term. */
export function dot(
  scope: GraphScope,
  [left, right]: readonly [Value, Value],
  { contract, batch }: Attributes['dot'],
  type: TensorType,
): string {
  const common = batch[0].map((axis) => left.type.shape[axis] as Dim);
  const a = side(scope, left, contract[0], batch[0]);
  const b = side(scope, right, contract[1], batch[1]);
  const plain = common.length === 0;
  const product = plain
    ? scope.one('Gemm', [a.name, b.name], { transA: a.turned ? 1 : 0, transB: b.turned ? 0 : 1 })
    : scope.one('MatMul', [
        a.turned ? scope.one('Transpose', [a.name], { perm: [0, 2, 1] }) : a.name,
        b.turned ? b.name : scope.one('Transpose', [b.name], { perm: [0, 2, 1] }),
      ]);
  const direct = plain && a.free.length === 1 && b.free.length === 1;
  return direct ? product : scope.one('Reshape', [product, scope.shape(type.shape)]);
}

/** An operand as a matrix, or as a batch of matrices. */
function side(scope: GraphScope, value: Value, contract: readonly number[], batch: readonly number[]): Side {
  const { shape } = value.type;
  const free = shape.map((_, axis) => axis).filter((axis) => !contract.includes(axis) && !batch.includes(axis));
  const turned = isIdentity([...batch, ...contract, ...free]) && !isIdentity([...batch, ...free, ...contract]);
  const order = turned ? [...batch, ...contract, ...free] : [...batch, ...free, ...contract];
  const name = scope.read(value);
  const moved = isIdentity(order) ? name : scope.one('Transpose', [name], { perm: order });
  const dims = (axes: readonly number[]): Shape => axes.map((axis) => shape[axis] as Dim);
  const pair = turned ? [dims(contract), dims(free)] : [dims(free), dims(contract)];
  const groups = batch.length === 0 ? pair : [dims(batch), ...pair];
  const flat = groups.every((group) => group.length === 1);
  return {
    name: flat ? moved : scope.one('Reshape', [moved, scope.sizes(groups)]),
    turned,
    free: dims(free),
  };
}

function isIdentity(order: readonly number[]): boolean {
  return order.every((axis, index) => axis === index);
}
