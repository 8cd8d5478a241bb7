/**
 * Sequences with time: the one form in which data sets, batching and training exchange data.
 *
 * All sequences of a set are padded to the same number of steps; `mask` or `lengths` say which steps are real.
 * {@link checkSequences} is the gate that every entry point calls before numbers go anywhere.
 */
import { DataError, type DataErrorPlace } from './data-error.ts';

/** N sequences of T steps with F input features, row-major. */
export interface SequenceData {
  /** Inputs, [N, T, F]. */
  readonly values: Float32Array;
  /** Time elapsed since the step before, [N, T]; zero or more. */
  readonly dt: Float32Array;
  /** What to predict at each step, [N, T, targetFeatures]. */
  readonly targets: Float32Array;
  /** 1 for a real step, 0 for padding, [N, T]; all steps are real without it (and without `lengths`). */
  readonly mask?: Uint8Array;
  /** Number of real steps at the front of each sequence, [N]; says the same as a mask. */
  readonly lengths?: Int32Array;
  /** N. */
  readonly count: number;
  /** T. */
  readonly steps: number;
  /** F. */
  readonly features: number;
  readonly targetFeatures: number;
}

/**
 * Refuses data that would train to nonsense: empty, sizes that disagree, NaN or infinity, time that runs backwards,
 * masks other than 0 and 1, lengths out of range, a mask and lengths that disagree. Padding must be finite too, as a
 * masked NaN still spoils products.
 * Errors: DataError with tensor, row and step. `where` (a file or data set name) goes into the message.
 */
export function checkSequences(data: SequenceData, where?: string): void {
  const at = (details: DataErrorPlace): DataErrorPlace => (where === undefined ? details : { file: where, ...details });
  const { count, steps, features, targetFeatures } = data;
  for (const [name, size] of Object.entries({ count, steps, features, targetFeatures })) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new DataError('argument', `${name} is ${size}`, at({ remedy: `Make ${name} a positive whole number.` }));
    }
    if (size === 0) {
      const remedy = 'Pass at least one sequence with one step, one feature and one target.';
      throw new DataError('value', `the data is empty (${name} is 0)`, at({ remedy }));
    }
  }
  const expected: readonly (readonly [keyof SequenceData, ArrayLike<number> | undefined, readonly number[]])[] = [
    ['values', data.values, [count, steps, features]],
    ['dt', data.dt, [count, steps]],
    ['targets', data.targets, [count, steps, targetFeatures]],
    ['mask', data.mask, [count, steps]],
    ['lengths', data.lengths, [count]],
  ];
  for (const [tensor, array, shape] of expected) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (array !== undefined && !ArrayBuffer.isView(array)) {
      const remedy = `Make ${tensor} a typed array, for example with Float32Array.from.`;
      throw new DataError('dtype', 'this is no typed array', at({ tensor, remedy }));
    }
    if (array !== undefined && array.length !== size) {
      throw new DataError(
        'shape',
        `${array.length} elements where [${shape}] needs ${size}`,
        at({ tensor, shapes: [`[${shape}]`, `[${array.length}]`], remedy: `Give ${tensor} the shape [${shape}].` }),
      );
    }
  }
  checkFinite(data.values, 'values', steps, features, at);
  checkFinite(data.targets, 'targets', steps, targetFeatures, at);
  checkElapsed(data.dt, steps, at);
  checkPadding(data, at);
}

type At = (details: DataErrorPlace) => DataErrorPlace;

function checkFinite(array: Float32Array, tensor: string, steps: number, features: number, at: At): void {
  for (let i = 0; i < array.length; i++) {
    if (Number.isFinite(array[i])) continue;
    const feature = i % features;
    const step = Math.floor(i / features) % steps;
    const row = Math.floor(i / (features * steps));
    const remedy = 'Drop or fill missing values (and mask padded steps with finite numbers) before training.';
    throw new DataError('value', `${array[i]} is not a finite number`, at({ tensor, row, step, feature, remedy }));
  }
}

function checkElapsed(dt: Float32Array, steps: number, at: At): void {
  for (let i = 0; i < dt.length; i++) {
    const elapsed = dt[i] ?? Number.NaN;
    const details = { tensor: 'dt', row: Math.floor(i / steps), step: i % steps };
    if (!Number.isFinite(elapsed)) {
      const remedy = 'Give every step a finite elapsed time; padded steps may have 0.';
      throw new DataError('value', `elapsed time ${elapsed}`, at({ ...details, remedy }));
    }
    if (elapsed < 0) {
      const remedy = 'Sort the observations by time; elapsed time is zero or more.';
      throw new DataError('value', `time runs backwards, elapsed ${elapsed}`, at({ ...details, remedy }));
    }
  }
}

function checkPadding({ mask, lengths, count, steps }: SequenceData, at: At): void {
  for (let row = 0; row < count; row++) {
    const length = lengths?.[row];
    if (length !== undefined && (length < 0 || length > steps)) {
      const remedy = `Use lengths from 0 to ${steps}.`;
      throw new DataError('value', `length ${length}`, at({ tensor: 'lengths', row, remedy }));
    }
    if (mask === undefined) continue;
    for (let step = 0; step < steps; step++) {
      const bit = mask[row * steps + step];
      if (bit !== 0 && bit !== 1) {
        const remedy = 'Use 1 for real steps and 0 for padding.';
        throw new DataError('value', `mask value ${bit}`, at({ tensor: 'mask', row, step, remedy }));
      }
      if (length !== undefined && (step < length ? 1 : 0) !== bit) {
        const remedy = 'Pass only one of mask and lengths, or make them agree.';
        const what = `the mask says ${bit}, the length ${length}`;
        throw new DataError('value', what, at({ tensor: 'mask', row, step, remedy }));
      }
    }
  }
}
