/**
 * Meanings of the ops with nested Programs. State goes explicitly in and out; a body is prepared once.
 */

import type { TensorData } from '../types.ts';
import type { MeaningRule } from './kernel.ts';

/** Walks the leading axis of xs, from the last index in reverse; ys stay at their index. */
export const scan: MeaningRule<'scan'> = ({ body, length, reverse, consts, carries }, context) => {
  const steps = context.bindDim(length);
  const run = context.prepare(body);
  const slices = context.operands.slice(consts + carries).map(({ shape, size }) => size / (shape[0] || 1));
  const stacked = context.results.slice(carries);
  const rows = stacked.map(({ shape, size }) => size / (shape[0] || 1));
  return (operands) => {
    const fixed = operands.slice(0, consts);
    const xs = operands.slice(consts + carries);
    const ys = stacked.map(context.allocate);
    let state = operands.slice(consts, consts + carries);
    for (let step = 0; step < steps; step++) {
      const t = reverse ? steps - 1 - step : step;
      const now = xs.map((x, i) => x.subarray(t * (slices[i] as number), (t + 1) * (slices[i] as number)));
      const results = run([...fixed, ...state, ...now]);
      state = results.slice(0, carries);
      ys.forEach((y, i) => {
        y.set(results[carries + i] as TensorData, t * (rows[i] as number));
      });
    }
    return [...state, ...ys];
  };
};

/** Runs the body as long as the condition holds. */
export const whileRule: MeaningRule<'while'> = ({ cond, body, consts }, context) => {
  const test = context.prepare(cond);
  const run = context.prepare(body);
  return (operands) => {
    const fixed = operands.slice(0, consts);
    let state: readonly TensorData[] = operands.slice(consts);
    while (test([...fixed, ...state])[0]?.[0] === 1) state = run([...fixed, ...state]);
    return state;
  };
};

/** The body; gradients are no concern of a run. */
export const call: MeaningRule<'call'> = ({ body }, context) => context.prepare(body);
