/**
 * How good predictions are, beside the baseline: numbers by their errors in the user's unit, classes by the share that is
 * right. One function for training, `evaluate` and `predict`, so that equal files give equal figures.
 */

import type { Preparation } from '@rheo/data';
import { accuracy, f1Score, mae, mse, predictedClasses, r2Score, rocAuc } from '@rheo/train';
import { formatFigure, formatShare } from '../format-number.ts';
import type { Figures } from '../table-record.ts';
import { baselineName } from './baseline.ts';
import type { RowPredictions } from './predict-rows.ts';

/** One score for people. */
export interface NamedScore {
  readonly name: string;
  readonly model: string;
  readonly baseline?: string;
}

/** Scores of a part. */
export interface Scored {
  /** Predictions that could be compared with the truth. */
  readonly rows: number;
  /** For programs and the model file. */
  readonly figures: Figures;
  /** For people, the most telling first. */
  readonly scores: readonly NamedScore[];
  readonly baselineName: string;
}

/** Scores predictions against the truth. Undefined where no truth is known. */
export function score(
  predictions: RowPredictions,
  baseline: Float64Array,
  preparation: Preparation,
): Scored | undefined {
  const width = preparation.targets.length;
  const count = predictions.rows.length;
  const mask = Array.from({ length: count }, (_, i) =>
    predictions.truth.subarray(i * width, (i + 1) * width).every((value) => !Number.isNaN(value)),
  );
  const rows = mask.filter(Boolean).length;
  if (rows === 0) return undefined;
  const scored =
    preparation.classes === null
      ? scoreNumbers(predictions, baseline, mask, preparation)
      : scoreClasses(predictions, baseline, mask, preparation.classes);
  return { rows, baselineName: baselineName(preparation), ...scored };
}

type Parts = Pick<Scored, 'figures' | 'scores'>;

function scoreNumbers(
  { outputs, truth }: RowPredictions,
  baseline: Float64Array,
  mask: readonly boolean[],
  { targets }: Preparation,
): Parts {
  const figures: Record<string, number> = {};
  const scores: NamedScore[] = [];
  const column = (values: Float64Array, t: number): Float64Array =>
    Float64Array.from(mask, (_, i) => values[i * targets.length + t] ?? Number.NaN);
  targets.forEach(({ column: name }, t) => {
    const [model, usual, right] = [column(outputs, t), column(baseline, t), column(truth, t)];
    const suffix = targets.length === 1 ? '' : `_${name}`;
    const of = targets.length === 1 ? '' : ` of ${name}`;
    const add = (key: string, said: string, value: number, beside: number): void => {
      figures[`${key}${suffix}`] = value;
      figures[`baseline_${key}${suffix}`] = beside;
      scores.push({ name: `${said}${of}`, model: formatFigure(value), baseline: formatFigure(beside) });
    };
    add('mae', 'mean absolute error', mae(model, right, { mask }), mae(usual, right, { mask }));
    const rmse = (values: Float64Array): number => Math.sqrt(mse(values, right, { mask }));
    add('rmse', 'root mean squared error', rmse(model), rmse(usual));
    add('r2', 'R²', r2Score(model, right, { mask }), r2Score(usual, right, { mask }));
  });
  return { figures, scores };
}

function scoreClasses(
  { outputs, truth, width }: RowPredictions,
  baseline: Float64Array,
  mask: readonly boolean[],
  classes: readonly string[],
): Parts {
  const predicted = predictedClasses(outputs, width);
  const right = accuracy(predicted, truth, { mask });
  const usual = accuracy(baseline, truth, { mask });
  const f1 = f1Score(predicted, truth, { mask, average: 'macro' });
  const figures: Record<string, number> = { accuracy: right, baseline_accuracy: usual, f1 };
  const scores: NamedScore[] = [
    { name: 'accuracy', model: formatShare(right), baseline: formatShare(usual) },
    { name: 'F1, mean over classes', model: f1.toFixed(3) },
  ];
  const present = new Set(truth.filter((_, i) => mask[i] === true));
  if (classes.length === 2 && present.size === 2) {
    const auc = rocAuc(
      Float64Array.from(mask, (_, i) => outputs[i * width + 1] ?? 0),
      truth,
      { mask },
    );
    figures['auc'] = auc;
    scores.push({ name: `ROC AUC of class ${classes[1]}`, model: auc.toFixed(4) });
  }
  return { figures, scores };
}
