/**
 * Sequences that are made when they are asked for: what a training takes beside plain arrays, so that overlapping windows
 * are kept once and data may lie on a disk. A source promises what `checkSequences` asks of arrays: finite numbers, elapsed
 * times of zero or more, zeros in padding; and that the same index always gives the same sequence.
 */
import { DataError } from './data-error.ts';

/** Arrays that B sequences are written into, batch first; all of them are written whole. */
export interface SequenceBuffers {
  /** [B, T, F]. */
  readonly values: Float32Array;
  /** [B, T]. */
  readonly dt: Float32Array;
  /** [B, T, targetFeatures], or [B, targetFeatures] with `at: 'end'`. */
  readonly targets: Float32Array;
  /** 1 for a real step, 0 for padding, [B, T]; needed where the source is `padded`. */
  readonly mask?: Uint8Array;
}

/** N sequences of T steps with F features. */
export interface SequenceSource {
  /** N. */
  readonly count: number;
  /** T. */
  readonly steps: number;
  /** F. */
  readonly features: number;
  readonly targetFeatures: number;
  /** Whether every step has a target, or the sequence has one. */
  readonly at: 'step' | 'end';
  /** Whether some sequences are shorter than T. */
  readonly padded: boolean;
  /** Writes the sequences of these indices, in their order. A source on a disk gives a promise. Errors: `argument`, `file`. */
  gather(indices: Int32Array, into: SequenceBuffers): void | Promise<void>;
  /**
   * All that decides the sequences, in a fixed order, piece by piece: equal contents are equal sequences. By them a training
   * that goes on knows its data again.
   */
  contents(): Iterable<Float32Array | Int32Array> | AsyncIterable<Float32Array | Int32Array>;
}

/** Whether data makes its sequences when they are asked for. */
export function isSequenceSource(data: object): data is SequenceSource {
  return 'gather' in data && typeof data.gather === 'function' && 'contents' in data;
}

/** Refuses indices that there are not. Errors: `argument`. */
export function checkIndices(indices: Int32Array, count: number): void {
  const wrong = indices.find((index) => !(index >= 0 && index < count));
  if (wrong === undefined) return;
  throw new DataError('argument', `there is no sequence ${wrong} among ${count}`, {
    remedy: 'Count sequences from 0.',
  });
}
