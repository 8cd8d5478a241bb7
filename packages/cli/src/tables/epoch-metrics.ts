/**
 * Metrics of the validation part by epoch, in the user's units: what training measures, and how it is told. They are of
 * sequences that begin anew, as training has them; figures at the end are of whole series.
 */

import type { Preparation } from '@rheo/data';
import type { Measured, Metric } from '@rheo/train';
import { mae, metrics, mse, r2Score } from '@rheo/train';
import { misuse } from '../failure.ts';
import { formatFigure, formatShare } from '../format-number.ts';
import type { ShownMetric } from '../progress/progress.ts';

/** Of classes, then of numbers. */
const ofClasses = ['accuracy', 'f1', 'auc'] as const;
const ofNumbers = ['mae', 'rmse', 'r2'] as const;

/** A metric that can be asked for. */
export type MetricName = (typeof ofClasses)[number] | (typeof ofNumbers)[number];

/** All of them. */
export const metricNames: readonly MetricName[] = [...ofClasses, ...ofNumbers];

/** A metric of a training on a table. */
export interface EpochMetric extends ShownMetric {
  /** Its name in the history is `key`. */
  readonly metric: Metric;
  /** For pictures. */
  readonly name: string;
}

/** What is measured where nothing is said: it has an answer on every part. */
export function usualMetrics({ classes }: Preparation): readonly MetricName[] {
  return [classes === null ? 'mae' : 'accuracy'];
}

/** The metrics of these names, of numbers one for each target. Throws `argument` for those that do not fit the task. */
export function epochMetrics(names: readonly MetricName[], preparation: Preparation): EpochMetric[] {
  const { classes, targets } = preparation;
  return names.flatMap((name) => {
    if (isOfClasses(name)) {
      if (classes === null) throw unfit(`${name} is a metric of classes`, ofNumbers);
      if (name === 'auc' && classes.length !== 2) throw unfit(`auc is for two classes, not ${classes.length}`, ['f1']);
      return [classMetrics[name](classes)];
    }
    if (classes !== null) throw unfit(`${name} is a metric of numbers`, ofClasses);
    return targets.map((_, t) => numberMetric(name, preparation, t));
  });
}

function isOfClasses(name: MetricName): name is (typeof ofClasses)[number] {
  return ofClasses.some((one) => one === name);
}

const classMetrics: Readonly<Record<(typeof ofClasses)[number], (classes: readonly string[]) => EpochMetric>> = {
  accuracy: () => ({
    key: 'accuracy',
    label: 'accuracy',
    name: 'accuracy',
    format: formatShare,
    metric: metrics.accuracy,
  }),
  f1: () => ({
    key: 'f1',
    label: 'F1',
    name: 'F1, mean over classes',
    format: (value) => value.toFixed(3),
    metric: { ...metrics.f1({ average: 'macro' }), name: 'f1' },
  }),
  auc: (classes) => ({
    key: 'auc',
    label: 'AUC',
    name: `ROC AUC of class ${classes[1]}`,
    format: (value) => value.toFixed(4),
    metric: { ...metrics.rocAuc, name: 'auc' },
  }),
};

type Compare = (outputs: Float64Array, targets: Float64Array, mask: Uint8Array | undefined) => number;

const numberMetrics: Readonly<
  Record<(typeof ofNumbers)[number], { readonly label: string; readonly name: string; readonly compare: Compare }>
> = {
  mae: {
    label: 'MAE',
    name: 'mean absolute error',
    compare: (outputs, targets, mask) => mae(outputs, targets, { mask }),
  },
  rmse: {
    label: 'RMSE',
    name: 'root mean squared error',
    compare: (outputs, targets, mask) => Math.sqrt(mse(outputs, targets, { mask })),
  },
  r2: { label: 'R²', name: 'R²', compare: (outputs, targets, mask) => r2Score(outputs, targets, { mask }) },
};

function numberMetric(of: (typeof ofNumbers)[number], { targets }: Preparation, t: number): EpochMetric {
  const { label, name, compare } = numberMetrics[of];
  const { column = '', center = 0, scale = 1 } = targets[t] ?? {};
  const alone = targets.length === 1;
  const key = alone ? of : `${of}_${column}`;
  const inUnits = (numbers: ArrayLike<number>): Float64Array =>
    Float64Array.from(
      { length: numbers.length / targets.length },
      (_, item) => (numbers[item * targets.length + t] ?? Number.NaN) * scale + center,
    );
  return {
    key,
    label: alone ? label : `${label} ${column}`,
    name: alone ? name : `${name} of ${column}`,
    format: formatFigure,
    metric: {
      name: key,
      measure: ({ outputs, targets: truth, mask }: Measured) => compare(inUnits(outputs), inUnits(truth), mask),
    },
  };
}

function unfit(what: string, names: readonly MetricName[]): Error {
  return misuse(what, '--metrics', `Use ${names.join(', ')}, or leave it out`);
}
