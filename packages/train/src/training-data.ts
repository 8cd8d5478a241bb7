/**
 * Data as training takes it: sequences of `@rheo/data`, and beside them integer labels, targets per sequence, sequences
 * without elapsed times, and sources that make sequences when asked. Checked before anything is compiled; what a source
 * gives is checked as it comes.
 */

import type { SequenceData } from '@rheo/data';
import type { DType, TensorData } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { PreparedTargets } from './losses/loss.ts';
import type { DataMark } from './training-state.ts';

/** N sequences of T steps. A `SequenceData` is one. */
export interface TrainingData extends Omit<SequenceData, 'dt' | 'targets'> {
  /** Elapsed times [N, T]; the model's default where absent. */
  readonly dt?: Float32Array;
  /**
   * [N, T, targetFeatures], or [N, targetFeatures] for a model that returns only its last output. Labels of classes are
   * whole numbers with targetFeatures 1.
   */
  readonly targets: Float32Array | Int32Array;
  /**
   * How much each sequence counts, [N], or each step, [N, T]: a sequence of weight 2 counts as if it were there twice, one
   * of weight 0 not at all. 1 where absent.
   */
  readonly weights?: Float32Array | undefined;
}

/** What the model gives for each sequence: an output per step, or one. */
export interface OutputForm {
  readonly perStep: boolean;
  readonly outputs: number;
}

/** Host arrays of one batch, batch first; which of dt, mask and weights exist depends on the data. */
export interface HostBatch {
  readonly values: Float32Array;
  readonly dt?: Float32Array;
  readonly targets: TensorData;
  readonly mask?: Uint8Array;
  /** [rows] or [rows, steps]. */
  readonly weights?: Float32Array;
}

/** Checked data with targets in the form of the loss. */
export interface PreparedData {
  readonly count: number;
  readonly steps: number;
  readonly features: number;
  readonly timed: boolean;
  readonly masked: boolean;
  /** What has a weight of its own, if anything. */
  readonly weighted: 'sequences' | 'steps' | undefined;
  readonly targets: { readonly dtype: DType & PreparedTargets['dtype']; readonly itemShape: readonly number[] };
  /** Writes sequences in the order of the indices; gives a promise where they have to be fetched. */
  gather(indices: Int32Array, into: HostBatch): void | Promise<void>;
  /** Reads every number once. */
  mark(): DataMark | Promise<DataMark>;
}

/** Brings targets [items, width] into the form of the loss. */
export type TargetsForm = (targets: Float32Array | Int32Array, width: number) => PreparedTargets;

/** The error for targets of another form than the outputs. */
export function wrongTargets(what: string, perStep: boolean): RheoError {
  return new RheoError('shape', {
    from: '@rheo/train',
    what,
    where: 'targets',
    remedy: perStep
      ? 'The model has an output per step: give a target per step, or build it with returnSequences: false'
      : 'The model returns only its last output: give one target per sequence',
  });
}
