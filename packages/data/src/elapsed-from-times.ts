/**
 * Time stamps to elapsed times. The differences are taken in double and rounded once, so stamps such as seconds since
 * 1970 keep their precision (float32 stamps would already have lost it).
 */
import { DataError } from './data-error.ts';

/** Layout of the stamps. */
export interface ElapsedOptions {
  /** Steps per sequence; the stamps are [N, steps]. Default: all stamps are one sequence. */
  readonly steps?: number;
  /** Elapsed time of the first step of each sequence; default 0. */
  readonly first?: number;
}

/**
 * Elapsed time since the step before, same layout as `times`, in the unit of the stamps.
 * Errors: `value` with row and step (not finite, or running backwards), `shape`, `argument`.
 */
export function elapsedFromTimes(times: ArrayLike<number>, options: ElapsedOptions = {}): Float32Array {
  const { steps = times.length, first = 0 } = options;
  if (!Number.isFinite(first) || first < 0) {
    throw new DataError('argument', `first is ${first}`, { remedy: 'Use a finite time of zero or more.' });
  }
  if (times.length > 0 && (!Number.isSafeInteger(steps) || steps < 1 || times.length % steps !== 0)) {
    throw new DataError('shape', `${times.length} stamps are no whole number of sequences of ${steps} steps`, {
      tensor: 'times',
      remedy: 'Pass the stamps as [sequences, steps], padded to equal length.',
    });
  }
  const elapsed = new Float32Array(times.length);
  for (let i = 0; i < times.length; i++) {
    const step = i % steps;
    const row = Math.floor(i / steps);
    const now = times[i] ?? Number.NaN;
    const delta = step === 0 ? first : now - (times[i - 1] ?? Number.NaN);
    if (!Number.isFinite(now) || !Number.isFinite(Math.fround(delta))) {
      const remedy = 'Give every step a finite time; repeat the last time in padding.';
      throw new DataError('value', `time ${now}`, { tensor: 'times', row, step, remedy });
    }
    if (delta < 0) {
      const what = `time runs backwards, from ${times[i - 1]} to ${now}`;
      const remedy = 'Sort the observations of each sequence by time.';
      throw new DataError('value', what, { tensor: 'times', row, step, remedy });
    }
    elapsed[i] = delta;
  }
  return elapsed;
}
