/**
 * Two players in all trials: how far apart they are, and how far apart they may be.
 *
 * Some models amplify rounding: a solver with adaptive steps accepts other ones, the clock of a phased LSTM opens a step
 * later. Where engines differ by more than is allowed, the model in double says how much of it is the model's own.
 */

import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import type { Checkpoint } from '@rheo/train';
import type { Check } from './export-format.ts';
import { tolerance } from './export-format.ts';
import type { OnnxForm, Player } from './players.ts';
import { modelPlayer } from './players.ts';
import { largestDifference, trialSequences, trialSizes } from './sequences.ts';

/** The largest difference in all trials; NaN where something is missing, of another shape, or no number. */
export async function compare(found: Player, wanted: Player, features: number): Promise<number> {
  let largest = 0;
  for (const [batch, time] of trialSizes) {
    const trial = trialSequences(batch, time, features);
    const [a, b] = [await found(trial), await wanted(trial)];
    const differences = b.map((expected, index) => largestDifference(a[index] ?? [], expected));
    largest = Math.max(largest, ...differences, a.length === b.length ? 0 : Number.NaN);
  }
  return largest;
}

/** A difference to the model on `wasm`, with what is allowed of it. */
export async function judge(largest: number, source: Checkpoint, form: OnnxForm, wasm: Backend): Promise<Check> {
  if (!(largest > tolerance)) return { largest, allowed: tolerance };
  const double = modelPlayer(referenceBackend(), source, form);
  const rounding = await compare(modelPlayer(wasm, source, form), double, source.features);
  return { largest, allowed: Math.max(tolerance, 2 * rounding) };
}

/** The trials in words. */
export const trialText: string = `${trialSizes.reduce((sum, [batch]) => sum + batch, 0)} random sequences of ${trialSizes
  .map(([, time]) => time)
  .join(', ')} steps`;
