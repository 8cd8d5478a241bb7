/**
 * Metrics of predicted numbers: mean squared error, mean absolute error, and R², the share of the targets' variance that
 * is explained. Items may have several features; sums are taken in double.
 */

import type { MetricOptions, Numbers } from './counted.ts';
import { counted } from './counted.ts';

/** Options of metrics of numbers. */
export interface RegressionOptions extends MetricOptions {
  /** Numbers per item, which a mask leaves out together; default 1. */
  readonly features?: number;
}

/** Mean of (output − target)², in squared units of the targets. Throws `shape` and `value` as `counted` does. */
export function mse(outputs: Numbers, targets: Numbers, options: RegressionOptions = {}): number {
  return meanOf('mse', outputs, targets, options, (error) => error * error);
}

/** Mean of |output − target|, in units of the targets. Throws `shape` and `value` as `counted` does. */
export function mae(outputs: Numbers, targets: Numbers, options: RegressionOptions = {}): number {
  return meanOf('mae', outputs, targets, options, Math.abs);
}

/**
 * R² = 1 − Σ (output − target)² / Σ (target − mean)², the mean over features: 1 is perfect, 0 as good as the mean of the
 * targets. For targets that are all equal it is 1 when every output is right and 0 otherwise. Throws `shape` and `value`
 * as `counted` does.
 */
export function r2Score(outputs: Numbers, targets: Numbers, options: RegressionOptions = {}): number {
  const { features = 1 } = options;
  const items = counted({ of: 'r2Score', first: outputs, second: targets, features }, options);
  let total = 0;
  for (let feature = 0; feature < features; feature++) {
    const target = (item: number): number => targets[item * features + feature] ?? Number.NaN;
    const mean = items.reduce((sum, item) => sum + target(item), 0) / items.length;
    let unexplained = 0;
    let variance = 0;
    for (const item of items) {
      unexplained += ((outputs[item * features + feature] ?? Number.NaN) - target(item)) ** 2;
      variance += (target(item) - mean) ** 2;
    }
    total += variance === 0 ? Number(unexplained === 0) : 1 - unexplained / variance;
  }
  return total / features;
}

function meanOf(
  of: string,
  outputs: Numbers,
  targets: Numbers,
  options: RegressionOptions,
  measure: (error: number) => number,
): number {
  const { features = 1 } = options;
  const items = counted({ of, first: outputs, second: targets, features }, options);
  let sum = 0;
  for (const item of items) {
    for (let at = item * features; at < (item + 1) * features; at++) {
      sum += measure((outputs[at] ?? Number.NaN) - (targets[at] ?? Number.NaN));
    }
  }
  return sum / (items.length * features);
}
