/**
 * Numbers for each row beside tensors of any rank.
 */

import type { Operand } from '@rheo/core';
import { broadcast, reshape, Tensor } from '@rheo/core';

/** x [batch] or [batch, 1] in the shape of `like` [batch, …]; numbers, scalars and times per unit stay as they are. */
export function rowOperand(x: Operand, like: Tensor): Operand {
  if (!(x instanceof Tensor)) return x;
  const [batch, width] = x.shape;
  if (x.shape.length === 0 || batch === undefined) return x;
  if (x.shape.length === 1) return broadcast(x, like.shape, [0]);
  return x.shape.length === 2 && width === 1 && like.shape.length !== 2
    ? broadcast(reshape(x, [batch]), like.shape, [0])
    : x;
}
