/**
 * F1: the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), 0 where a class is neither there nor predicted;
 * of one class, or over all classes that occur.
 */

import type { MetricOptions, Numbers } from './counted.ts';
import { counted } from './counted.ts';

/** Options of `f1Score`. */
export interface F1Options extends MetricOptions {
  /**
   * `binary` (default): of class `positive` alone. `macro`: mean over the classes that occur. `weighted`: the same,
   * weighted by how often each is the label. `micro`: of all counts together, which is the accuracy.
   */
  readonly average?: 'binary' | 'macro' | 'micro' | 'weighted';
  /** The class of `binary`; default 1. */
  readonly positive?: number;
}

/** F1 of classes against labels, from 0 to 1. Throws `shape` and `value` as `counted` does. */
export function f1Score(classes: Numbers, labels: Numbers, options: F1Options = {}): number {
  const { average = 'binary', positive = 1 } = options;
  const items = counted({ of: 'f1Score', first: classes, second: labels }, options);
  const tallies = new Map<number, Tally>();
  const tally = (name: number): Tally => {
    const found = tallies.get(name) ?? { right: 0, predicted: 0, labelled: 0 };
    tallies.set(name, found);
    return found;
  };
  for (const item of items) {
    const [found = Number.NaN, label = Number.NaN] = [classes[item], labels[item]];
    tally(found).predicted++;
    tally(label).labelled++;
    if (found === label) tally(label).right++;
  }
  if (average === 'binary') return f1(tally(positive));
  const all = [...tallies.values()];
  if (average === 'micro') return all.reduce((sum, { right }) => sum + right, 0) / items.length;
  const weight = ({ labelled }: Tally): number => (average === 'weighted' ? labelled / items.length : 1 / all.length);
  return all.reduce((sum, one) => sum + weight(one) * f1(one), 0);
}

interface Tally {
  right: number;
  predicted: number;
  labelled: number;
}

function f1({ right, predicted, labelled }: Tally): number {
  return predicted + labelled === 0 ? 0 : (2 * right) / (predicted + labelled);
}
