/**
 * Early stopping and the best epoch, as Keras has them: a loss counts as better only when it is lower, the first of equals
 * is the best, and training ends when as many epochs as `patience` have brought none that is better. Both follow from the
 * history alone, so that they hold across interruptions.
 */

import type { EpochRecord } from './training-facts.ts';

/** The epoch with the lowest validation loss; undefined where there is none. */
export function bestEpoch(history: readonly EpochRecord[]): number | undefined {
  let best: { readonly epoch: number; readonly loss: number } | undefined;
  for (const { epoch, validationLoss } of history) {
    if (validationLoss !== undefined && validationLoss < (best?.loss ?? Number.POSITIVE_INFINITY)) {
      best = { epoch, loss: validationLoss };
    }
  }
  return best?.epoch;
}

/** Whether training has waited long enough for a better epoch. */
export function outOfPatience(history: readonly EpochRecord[], patience: number | undefined): boolean {
  const best = bestEpoch(history);
  return patience !== undefined && best !== undefined && history.length - best >= patience;
}
