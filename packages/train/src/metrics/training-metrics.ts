/**
 * The metrics that `train` and `evaluate` take ready made: those of plain arrays, on outputs and targets as the model and
 * its loss have them. Of classes, outputs are logits; numbers are measured in the units of the targets given.
 */

import { RheoError } from '@rheo/ir';
import { accuracy, predictedClasses } from './accuracy.ts';
import type { F1Options } from './f1-score.ts';
import { f1Score } from './f1-score.ts';
import type { Measured, Metric } from './metric.ts';
import { mae, mse, r2Score } from './regression.ts';
import { rocAuc } from './roc-auc.ts';

/** Ready made metrics, for `metrics: [metrics.accuracy, metrics.f1({ average: 'macro' })]`. */
export interface TrainingMetrics {
  /** Share of items whose class is right; of a single output, yes above a logit of 0. */
  readonly accuracy: Metric;
  /** Area under the curve of one logit, or of the difference of two. */
  readonly rocAuc: Metric;
  /** F1 of classes: of class 1 unless told otherwise; its name tells the average. */
  f1(options?: Pick<F1Options, 'average' | 'positive'>): Metric;
  readonly mse: Metric;
  readonly mae: Metric;
  readonly r2: Metric;
}

/** See {@link TrainingMetrics}. Each throws `shape` for outputs and targets that it cannot compare. */
export const metrics: TrainingMetrics = {
  accuracy: {
    name: 'accuracy',
    measure: (measured) => accuracy(...classesOf('accuracy', measured), { mask: measured.mask }),
  },
  rocAuc: {
    name: 'rocAuc',
    measure: (measured) => rocAuc(scoresOf(measured), classesOf('rocAuc', measured)[1], { mask: measured.mask }),
  },
  f1: ({ average = 'binary', ...rest } = {}) => ({
    name: average === 'binary' ? 'f1' : `f1-${average}`,
    measure: (measured) => f1Score(...classesOf('f1', measured), { ...rest, average, mask: measured.mask }),
  }),
  mse: ofNumbers('mse', mse),
  mae: ofNumbers('mae', mae),
  r2: ofNumbers('r2', r2Score),
};

function ofNumbers(name: string, compare: typeof mse): Metric {
  return {
    name,
    measure: ({ outputs, width, targets, targetWidth, mask }) => {
      if (width !== targetWidth || targets instanceof Int32Array) {
        throw wrong(
          name,
          `${width} outputs are not numbers like the ${targetWidth} targets`,
          'Measure classes otherwise',
        );
      }
      return compare(outputs, targets, { features: width, mask });
    },
  };
}

/** Classes found, and classes as they are: labels, or the largest of as many targets as there are outputs. */
function classesOf(name: string, { outputs, width, targets, targetWidth }: Measured): [Int32Array, Int32Array] {
  const found = predictedClasses(outputs, width);
  if (targetWidth > 1 && targetWidth === width) return [found, predictedClasses(targets, width)];
  if (targetWidth === 1 && (width === 1 || targets instanceof Int32Array)) {
    return [found, width === 1 ? predictedClasses(targets, 1, 0.5) : Int32Array.from(targets)];
  }
  throw wrong(name, `${targetWidth} targets per item are no classes for ${width} outputs`, 'Use labels of classes');
}

function scoresOf({ outputs, width }: Measured): ArrayLike<number> {
  if (width === 1) return outputs;
  if (width > 2) throw wrong('rocAuc', `it needs one output or two, not ${width}`, 'Use it for a yes or no');
  const score = (item: number): number => (outputs[2 * item + 1] ?? 0) - (outputs[2 * item] ?? 0);
  return Array.from({ length: outputs.length / 2 }, (_, item) => score(item));
}

function wrong(name: string, what: string, remedy: string): RheoError {
  return new RheoError('shape', { from: '@rheo/train', what: `metric ${name}: ${what}`, where: 'metrics', remedy });
}
