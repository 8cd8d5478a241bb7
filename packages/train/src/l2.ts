/**
 * L2 penalty: rate · Σ w², added to the loss in training and in evaluation, as the paper's TensorFlow code does.
 *
 * It looks at kernels alone, found by role, and of those only at the ones under the named parts of a model: by default
 * the backbone and the heads of a CfC, not its memory and not the read-out.
 */

import type { ParameterRole, Tensor } from '@rheo/core';
import { add, mul, reduceSum, square, zeros } from '@rheo/core';
import { RheoError } from '@rheo/ir';

/** An L2 penalty as plain data. */
export interface L2 {
  readonly rate: number;
  /** Segments of parameter paths; a kernel counts when its path has one of them. `all`: every kernel. */
  readonly parts: readonly string[] | 'all';
}

/** What the penalty must know of a parameter. */
export interface Penalised {
  readonly path: string;
  readonly role: ParameterRole;
  readonly trainable: boolean;
}

/** The parts of a CfC whose kernels the original penalises. */
export const cfcParts: readonly string[] = ['backbone', 'ff1', 'ff2', 'time_a', 'time_b'];

/** A penalty of `rate` · Σ w². Throws `argument` unless rate is a finite number of at least 0. */
export function l2(rate: number, options: { readonly parts?: readonly string[] | 'all' } = {}): L2 {
  if (!Number.isFinite(rate) || rate < 0) {
    throw new RheoError('argument', {
      from: '@rheo/train',
      what: `the rate of an L2 penalty is ${rate}`,
      where: 'rate',
      remedy: 'Use a finite number of at least 0, such as 1e-6',
    });
  }
  return { rate, parts: options.parts ?? cfcParts };
}

/** Whether the penalty counts this parameter. */
export function isPenalised({ parts }: L2, { path, role, trainable }: Penalised): boolean {
  if (role !== 'kernel' || !trainable) return false;
  return parts === 'all' || path.split('/').some((segment) => parts.includes(segment));
}

/** The penalty of traced parameters, f32[]; `about[i]` describes `parameters[i]`. */
export function l2Penalty(penalty: L2, parameters: readonly Tensor[], about: readonly Penalised[]): Tensor {
  const sums = parameters.flatMap((parameter, index) => {
    const facts = about[index];
    return facts !== undefined && isPenalised(penalty, facts) ? [reduceSum(square(parameter))] : [];
  });
  if (sums.length === 0) return zeros([]);
  return mul(
    sums.reduce((total, sum) => add(total, sum)),
    penalty.rate,
  );
}
