/**
 * Data as training takes it: sequences of `@rheo/data`, and beside them integer labels, targets per sequence, and
 * sequences without elapsed times. Checked once, before anything is compiled.
 */

import { checkSequences, type SequenceData } from '@rheo/data';
import { formatShape, RheoError } from '@rheo/ir';
import type { Loss, PreparedTargets } from './losses/loss.ts';
import { floatTargets } from './losses/loss.ts';

/** N sequences of T steps. A `SequenceData` is one. */
export interface TrainingData extends Omit<SequenceData, 'dt' | 'targets'> {
  /** Elapsed times [N, T]; the model's default where absent. */
  readonly dt?: Float32Array;
  /**
   * [N, T, targetFeatures], or [N, targetFeatures] for a model that returns only its last output. Labels of classes are
   * whole numbers with targetFeatures 1.
   */
  readonly targets: Float32Array | Int32Array;
}

/** What the model gives for each sequence: an output per step, or one. */
export interface OutputForm {
  readonly perStep: boolean;
  readonly outputs: number;
}

/** Checked data with targets in the form of the loss. */
export interface PreparedData {
  readonly count: number;
  readonly steps: number;
  readonly features: number;
  readonly values: Float32Array;
  readonly dt: Float32Array | undefined;
  /** Bytes 0 and 1, [N, T]. */
  readonly mask: Uint8Array | undefined;
  readonly targets: PreparedTargets;
  /** Target entries of one sequence. */
  readonly perSequence: number;
}

/**
 * Checks data and prepares its targets. Throws `DataError` as `checkSequences` does (empty, not finite, time running
 * backwards), and `shape` or `value` for targets that do not fit the model or the loss. `where` names the data set.
 */
export function prepareData(data: TrainingData, form: OutputForm, loss: Loss, where: string): PreparedData {
  const { count, steps, features, targetFeatures, values, targets } = data;
  if (!ArrayBuffer.isView(targets) || !Number.isSafeInteger(targetFeatures) || targetFeatures < 1) {
    const missing = ArrayBuffer.isView(targets) ? 'targetFeatures' : 'targets';
    throw new RheoError('argument', {
      from: '@rheo/train',
      what: `${missing} of ${where} is ${missing === 'targets' ? 'no typed array' : targetFeatures}`,
      where: missing,
      remedy:
        'Pass targets as a Float32Array or Int32Array, with targetFeatures numbers for each output (1 for labels)',
    });
  }
  // Targets take other forms here than there, so the inputs stand in for them.
  const { dt = new Float32Array(Math.max(0, count * steps) || 0), targets: _, ...rest } = data;
  checkSequences({ ...rest, dt, targets: values, targetFeatures: features }, where);

  const items = form.perStep ? count * steps : count;
  if (targets.length !== items * targetFeatures) {
    const wanted = form.perStep ? [count, steps, targetFeatures] : [count, targetFeatures];
    throw new RheoError('shape', {
      from: '@rheo/train',
      what: `the targets of ${where} have ${targets.length} numbers where ${formatShape(wanted)} is needed`,
      where: 'targets',
      remedy: form.perStep
        ? 'The model has an output per step: give a target per step, or build it with returnSequences: false'
        : 'The model returns only its last output: give one target per sequence',
    });
  }
  const wrong = targets.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new RheoError('value', {
      from: '@rheo/train',
      what: `target ${targets[wrong]} of sequence ${Math.floor(wrong / (targets.length / count))} is not finite`,
      where: `${where}: targets[${wrong}]`,
      remedy: 'Drop or fill missing targets; mask padded steps with finite numbers',
    });
  }
  const prepare = loss.prepareTargets ?? ((t, width) => floatTargets(loss.name, t, width, width));
  const prepared = prepare(targets, targetFeatures, form.outputs);
  const perItem = prepared.itemShape.reduce((product, size) => product * size, 1);
  return {
    count,
    steps,
    features,
    values,
    dt: data.dt,
    mask: data.mask ?? maskFromLengths(data),
    targets: prepared,
    perSequence: perItem * (form.perStep ? steps : 1),
  };
}

function maskFromLengths({ lengths, count, steps }: TrainingData): Uint8Array | undefined {
  if (lengths === undefined) return undefined;
  const mask = new Uint8Array(count * steps);
  for (let row = 0; row < count; row++) mask.fill(1, row * steps, row * steps + (lengths[row] ?? 0));
  return mask;
}
