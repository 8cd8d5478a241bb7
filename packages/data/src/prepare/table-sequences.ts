/** Sequences made from a table, with the way back: which row, time and series every step is. */
import type { SequenceData } from '../sequence-data.ts';

/** N sequences of T steps. With `at: 'step'` it is a SequenceData; with `at: 'end'` the targets are [N, targetFeatures]. */
export interface TableSequences extends SequenceData {
  readonly at: 'step' | 'end';
  /** 1 where the target is known: [N, T], or [N] with `at: 'end'`. In a part for training all real steps have it. */
  readonly known: Uint8Array;
  /** Row of the table that each step is, [N, T]; -1 in padding. */
  readonly rows: Int32Array;
  /** Time of each step, in seconds since 1970 or the unit of the column, [N, T]; the last one repeated in padding. */
  readonly times: Float64Array;
  /** Row of the table that each target is, [N, T]; -1 where there is none. */
  readonly targetRows: Int32Array;
  /** Which of `keys` each sequence is of, [N]. */
  readonly series: Int32Array;
  /** Cells of the group columns of each series. */
  readonly keys: readonly (readonly string[])[];
}
