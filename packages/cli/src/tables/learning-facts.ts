/**
 * How a training on a table went, for its report: the losses, and that of the baseline in the same unit.
 */

import type { Preparation } from '@rheo/data';
import { normaliseTargets } from '@rheo/data';
import type { Fitted } from '@rheo/train';
import type { LearningFacts } from '../pictures/run-facts.ts';
import { baselineName } from './baseline.ts';
import type { Measured } from './measure-part.ts';
import type { ResolvedSettings, TrainingSetup } from './training-setup.ts';
import { lossNames } from './training-setup.ts';

/** The facts; `validation` is the validation part as measured at the end. */
export function learningFacts(
  fitted: Pick<Fitted, 'history' | 'training'>,
  { settings: { loss, classWeights }, metrics }: Pick<TrainingSetup, 'settings' | 'metrics'>,
  preparation: Preparation,
  validation: Measured | undefined,
): LearningFacts {
  const { bestEpoch } = fitted.training ?? {};
  const baseline = validation === undefined ? undefined : baselineLoss(validation, loss, preparation);
  return {
    loss: classWeights === null ? lossNames[loss] : `weighted ${lossNames[loss]}`,
    history: fitted.history,
    ...(bestEpoch === undefined ? {} : { bestEpoch }),
    metrics: metrics.map(({ key, name }) => {
      const beside = validation?.scored?.figures[`baseline_${key}`];
      return { key, name, ...(beside === undefined ? {} : { baseline: beside }) };
    }),
    baseline: { name: baselineName(preparation), ...(baseline === undefined ? {} : { loss: baseline }) },
  };
}

/** The loss that the baseline would have; undefined for classes, of which it gives no probabilities. */
function baselineLoss(
  { baseline, predictions: { truth } }: Measured,
  loss: ResolvedSettings['loss'],
  preparation: Preparation,
): number | undefined {
  const of = losses[loss];
  if (of === undefined) return undefined;
  const [guessed, right] = [normaliseTargets(preparation, baseline), normaliseTargets(preparation, truth)];
  let sum = 0;
  let count = 0;
  right.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    sum += of(Math.abs((guessed[i] ?? Number.NaN) - value));
    count++;
  });
  return count === 0 ? undefined : sum / count;
}

const losses: Readonly<Record<ResolvedSettings['loss'], ((error: number) => number) | undefined>> = {
  mse: (error) => error * error,
  mae: (error) => error,
  huber: (error) => (error < 1 ? (error * error) / 2 : error - 0.5),
  'cross-entropy': undefined,
};
