/**
 * The rate falls when the loss no longer does, as PyTorch's ReduceLROnPlateau has it: an epoch counts as better when its
 * loss is below the lowest so far by the threshold; after more than `patience` epochs in a row that are not, the factor
 * shrinks, and for `cooldown` epochs none is counted as bad. PyTorch's `eps`, below which it leaves the rate, is left out.
 *
 * All of it follows from the losses of the epochs, which a training keeps: there is nothing more to save or to restore.
 */

import { RheoError } from '@rheo/ir';
import { checkOptions } from '../check-options.ts';
import type { EpochRecord } from '../training-facts.ts';
import type { Schedule } from './schedule.ts';

/** Options of `onPlateau`; all have defaults. */
export interface OnPlateauOptions {
  /** What the rate is multiplied by, between 0 and 1; default 0.1. */
  readonly factor?: number;
  /** Epochs without a better loss that are put up with, at least 0; default 10. */
  readonly patience?: number;
  /** How much better a better loss must be, at least 0; default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the lowest loss (default) or a difference to it. */
  readonly thresholdMode?: 'relative' | 'absolute';
  /** Epochs after a fall in which none counts as bad, at least 0; default 0. */
  readonly cooldown?: number;
  /** The share of the base rate at which it stops to fall, from 0 to 1; default 0. */
  readonly least?: number;
  /** Which loss it goes by: that on the validation data (default), which `train` then needs, or that of the training. */
  readonly watch?: 'validation' | 'training';
}

/** A rate that falls on a plateau of the loss. Throws `argument` for an option out of range. */
export function onPlateau(options: OnPlateauOptions = {}): Schedule {
  checkOptions('onPlateau', options, {
    factor: 'between 0 and 1',
    patience: 'whole',
    threshold: 'not negative',
    thresholdMode: ['relative', 'absolute'],
    cooldown: 'whole',
    least: 'from 0 to 1',
    watch: ['validation', 'training'],
  });
  const { factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'relative', cooldown = 0 } = options;
  const { least = 0, watch = 'validation' } = options;
  const settings = { factor, patience, threshold, thresholdMode, cooldown, least, watch } as const;
  return {
    name: 'on-plateau',
    config: settings,
    decision: { watch, after: (history) => factorAfter(settings, history) },
    factor: ({ decided }) => {
      if (decided === undefined) throw undecided();
      return decided;
    },
  };
}

function factorAfter(settings: Required<OnPlateauOptions>, history: readonly EpochRecord[]): number {
  const { factor, patience, threshold, thresholdMode, cooldown, least, watch } = settings;
  let [lowest, bad, resting, share] = [Number.POSITIVE_INFINITY, 0, 0, 1];
  for (const record of history) {
    const loss = lossOf(record, watch);
    // Of infinity, 0 times is no number.
    const margin = thresholdMode === 'absolute' || lowest === Number.POSITIVE_INFINITY ? threshold : lowest * threshold;
    if (loss < lowest - margin) [lowest, bad] = [loss, 0];
    else bad += 1;
    if (resting > 0) [resting, bad] = [resting - 1, 0];
    if (bad > patience) [share, resting, bad] = [Math.max(share * factor, least), cooldown, 0];
  }
  return share;
}

function lossOf({ epoch, loss, validationLoss }: EpochRecord, watch: 'validation' | 'training'): number {
  const found = watch === 'training' ? loss : validationLoss;
  if (found !== undefined) return found;
  throw new RheoError('argument', {
    from: '@rheo/train',
    what: `onPlateau: epoch ${epoch} has no validation loss to go by`,
    where: 'validation',
    remedy:
      "Pass data to measure epochs by, set apart from the training: { validation }; or onPlateau({ watch: 'training' })",
  });
}

function undecided(): RheoError {
  return new RheoError('argument', {
    from: '@rheo/train',
    what: 'onPlateau: a schedule that decides between epochs is not told how they went',
    where: 'decay',
    remedy: 'Give the optimizer a `schedule`, and hand `decided` on to the schedules within one',
  });
}
