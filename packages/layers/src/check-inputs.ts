/**
 * The inputs of a prediction, checked and in the form in which they are uploaded.
 */

import { RheoError } from '@rheo/ir';
import type { FloatArray, HostArray } from './host-array.ts';
import { badValue, checkArray, finiteNumbers, floatArray } from './host-array.ts';
import type { ElapsedForm } from './programs.ts';

/** A batch of sequences on the host. */
export interface HostInputs {
  /** [batch, time, features] */
  readonly values: HostArray;
  /** Elapsed time: a number, or [time], [batch, time], [batch, time, 1] or per unit [batch, time, units]. */
  readonly dt?: HostArray | number | undefined;
  /** Steps that count [batch, time], or features that were observed [batch, time, features]: 0 and 1. */
  readonly mask?: HostArray | undefined;
  /** The steps of each row that count, from the first. */
  readonly lengths?: ArrayLike<number> | undefined;
}

/** Checked inputs; absent ones are undefined. */
export interface CheckedInputs {
  readonly batch: number;
  readonly time: number;
  readonly features: number;
  readonly values: FloatArray;
  readonly elapsedForm: ElapsedForm;
  readonly dt: FloatArray | undefined;
  readonly mask: FloatArray | undefined;
  readonly lengths: Int32Array | undefined;
}

/**
 * Checks inputs. Values of features that the mask says were not observed may be anything, and are set to 0.
 * Throws `shape`, `dtype`, `argument`, or `value` for numbers that are not finite, negative times, and lengths out of range.
 */
export function checkInputs(inputs: HostInputs): CheckedInputs {
  const { values, dt, mask, lengths } = inputs;
  checkArray(values, 'values', [[undefined, undefined, undefined]]);
  const [batch = 0, time = 0, features = 0] = values.shape;
  let checkedMask: FloatArray | undefined;
  if (mask !== undefined) {
    checkArray(mask, 'mask', [
      [batch, time],
      [batch, time, features],
    ]);
    checkedMask = floatArray(Float32Array.from(mask.data, Number), mask.shape);
    const odd = checkedMask.data.findIndex((value) => value !== 0 && value !== 1);
    if (odd >= 0) throw badValue('mask', `is ${mask.data[odd]}`, odd, mask.shape, 'Use 0 and 1, or false and true');
  }
  const observed = checkedMask?.shape.length === 3 ? checkedMask.data : undefined;
  const seen =
    observed === undefined
      ? values
      : { ...values, data: Array.from(values.data, (value, index) => (observed[index] === 1 ? value : 0)) };
  return {
    batch,
    time,
    features,
    values: floatArray(finiteNumbers(seen, 'values'), values.shape),
    ...checkElapsed(dt, batch, time),
    mask: checkedMask,
    lengths: lengths === undefined ? undefined : checkLengths(lengths, batch, time),
  };
}

function checkElapsed(
  dt: HostArray | number | undefined,
  batch: number,
  time: number,
): { readonly elapsedForm: ElapsedForm; readonly dt: FloatArray | undefined } {
  if (dt === undefined) return { elapsedForm: 'none', dt: undefined };
  const given: HostArray =
    typeof dt === 'number' ? { dtype: 'f32', shape: [time], data: new Array<number>(time).fill(dt) } : dt;
  if (typeof dt === 'number') notNegative([dt], []);
  checkArray(given, 'dt', [[time], [batch, time], [batch, time, undefined]]);
  const numbers = finiteNumbers(given, 'dt');
  notNegative(numbers, given.shape);
  const single = given.shape.length === 3 && given.shape[2] === 1;
  const shape = single ? [batch, time] : given.shape;
  const elapsedForm = shape.length === 1 ? 'shared' : shape.length === 2 ? 'row' : 'unit';
  return { elapsedForm, dt: floatArray(numbers, shape) };
}

/** Throws `value` for a time below zero. */
function notNegative(times: ArrayLike<number>, shape: readonly number[]): void {
  for (let index = 0; index < times.length; index++) {
    const value = times[index] ?? 0;
    if (!(value >= 0) || value === Number.POSITIVE_INFINITY) {
      throw badValue(
        'dt',
        `is ${value}`,
        index,
        shape,
        'Elapsed times are finite and at least 0; sort the steps by time',
      );
    }
  }
}

function checkLengths(lengths: ArrayLike<number>, batch: number, time: number): Int32Array {
  if (lengths.length !== batch) {
    throw new RheoError('shape', {
      from: '@rheo/layers',
      what: `there are ${lengths.length} lengths for ${batch} rows`,
      where: 'lengths',
      remedy: 'Pass one length for each row',
    });
  }
  return Int32Array.from({ length: batch }, (_, row) => {
    const length = Number(lengths[row]);
    if (Number.isInteger(length) && length >= 0 && length <= time) return length;
    throw badValue('lengths', `is ${lengths[row]}`, row, [batch], `Lengths are integers from 0 to ${time}`);
  });
}
