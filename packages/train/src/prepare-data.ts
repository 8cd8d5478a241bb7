/** The gate of training data: plain arrays or a source, checked and in the form of the model and the loss. */

import type { SequenceSource } from '@rheo/data';
import { isSequenceSource } from '@rheo/data';
import { arrayData } from './array-data.ts';
import type { Loss } from './losses/loss.ts';
import { floatTargets } from './losses/loss.ts';
import { sourceData } from './source-data.ts';
import type { OutputForm, PreparedData, TargetsForm, TrainingData } from './training-data.ts';

/**
 * Checks data and prepares its targets. Throws `DataError` as `checkSequences` does (empty, not finite, time running
 * backwards), and `shape` or `value` for targets that do not fit the model or the loss, and for weights. `where` names the
 * data set.
 */
export function prepareData(
  data: TrainingData | SequenceSource,
  form: OutputForm,
  loss: Loss,
  where: string,
): PreparedData {
  const prepare = loss.prepareTargets ?? ((t, width) => floatTargets(loss.name, t, width, width));
  const formed: TargetsForm = (targets, width) => prepare(targets, width, form.outputs);
  return isSequenceSource(data) ? sourceData(data, form, formed, where) : arrayData(data, form, formed, where);
}
