/**
 * A linear system with a known solution: a damped rotation and a driven decay, two rows.
 *   a' = −a/2 + 2b, b' = −2a − b/2, c' = cos t − c
 */
import type { Operand, Tensor, Tree } from '@rheo/core';
import { add, concat, cos, mul, slice, sub, trace } from '@rheo/core';
import { evaluate } from '@rheo/ir';

export const initial: readonly (readonly number[])[] = [
  [1, -0.5, 2],
  [-0.3, 0.8, 0.1],
];

/** dy/dt for y [batch, 3]. */
export function linearSystem(t: Operand, y: Tensor): Tensor {
  const part = (index: number): Tensor => slice(y, { axis: 1, start: index, limit: index + 1 });
  const [a, b, c] = [part(0), part(1), part(2)];
  const drive = typeof t === 'number' ? Math.cos(t) : cos(t);
  return concat([sub(mul(b, 2), mul(a, 0.5)), sub(mul(a, -2), mul(b, 0.5)), add(mul(c, -1), drive)], 1);
}

/** The solution at time t from `initial` at time t0. */
export function exact(row: number, t: number, t0 = 0): number[] {
  const [a = 0, b = 0, c = 0] = initial[row] ?? [];
  const d = t - t0;
  const decay = Math.exp(-d / 2);
  const [sin, cosine] = [Math.sin(2 * d), Math.cos(2 * d)];
  const particular = (s: number): number => (Math.cos(s) + Math.sin(s)) / 2;
  return [
    decay * (a * cosine + b * sin),
    decay * (b * cosine - a * sin),
    particular(t) + (c - particular(t0)) * Math.exp(-d),
  ];
}

/** Runs a function of arrays in double. */
export function compute(
  fn: (...inputs: Tensor[]) => Tree<Tensor>,
  ...inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[]
): number[][] {
  const { program } = trace(
    fn as never,
    inputs.map(({ shape }) => ({ dtype: 'f32' as const, shape })),
  );
  return evaluate(
    program,
    inputs.map(({ data }) => data),
  ).map((result) => Array.from(result, Number));
}
