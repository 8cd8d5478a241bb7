/**
 * Accuracy: the share of items whose class is the right one; and the classes that outputs stand for.
 */

import { RheoError } from '@rheo/ir';
import type { MetricOptions, Numbers } from './counted.ts';
import { counted } from './counted.ts';

/** Share of the items whose class equals its label, from 0 to 1. Throws `shape` and `value` as `counted` does. */
export function accuracy(classes: Numbers, labels: Numbers, options: MetricOptions = {}): number {
  const items = counted({ of: 'accuracy', first: classes, second: labels }, options);
  return items.filter((item) => classes[item] === labels[item]).length / items.length;
}

/**
 * The classes of logits or probabilities, `width` per item: the largest, the first of equals. Of width 1, where there are
 * logits of a yes or no, 1 where it is above `threshold` (default 0) and 0 elsewhere. Throws `shape` unless the outputs
 * are a whole number of items.
 */
export function predictedClasses(outputs: Numbers, width: number, threshold: number = 0): Int32Array {
  const count = outputs.length / width;
  if (!Number.isInteger(count) || width < 1) {
    throw new RheoError('shape', {
      from: '@rheo/train',
      what: `predictedClasses: ${outputs.length} outputs are not ${width} for each item`,
      where: 'width',
      remedy: 'Pass the number of outputs of the model',
    });
  }
  return Int32Array.from({ length: count }, (_, item) => {
    if (width === 1) return Number((outputs[item] ?? Number.NaN) > threshold);
    let best = 0;
    for (let index = 1; index < width; index++) {
      if ((outputs[item * width + index] ?? 0) > (outputs[item * width + best] ?? 0)) best = index;
    }
    return best;
  });
}
